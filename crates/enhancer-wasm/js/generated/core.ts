// Written from the Rust types of enhancer-core by `make types`. Do not edit it: change those.

/**
 * A stable name of a kind of error, the same in the browser, on the server and on the
 * command line. As JSON and as text it is in `snake_case`, and it can be compared with such a
 * text.
 */
export type ErrorCode =
  | 'read'
  | 'write'
  | 'unsupported_audio'
  | 'corrupt_audio'
  | 'unwritable_audio'
  | 'invalid_value'
  | 'limit_exceeded'
  | 'unknown_model'
  | 'corrupt_model'
  | 'unsupported_model'
  | 'invalid_description'
  | 'model_file_differs'
  | 'inference'
  | 'resampling'
  | 'session_exists'
  | 'session_finished'
  | 'cancelled'
  | 'shut_down'
  | 'worker_panicked'
  | 'workers'
  | 'internal';

/**
 * How a sample is stored. All formats are little-endian and signed. Sources that store
 * samples in another way (8 bits, A-law, 64-bit float, lossy) report the one of these
 * formats that can hold their samples.
 */
export type SampleFormat = 's16le' | 's24le' | 's32le' | 'f32le';

/**
 * The container of the samples.
 */
export type Container =
  | 'raw'
  | 'wav'
  | 'flac'
  | 'aiff'
  | 'caf'
  | 'mp3'
  | 'adts'
  | 'mp4'
  | 'mov'
  | 'm4a'
  | 'ogg'
  | 'opus'
  | 'matroska'
  | 'mkv'
  | 'webm';

/**
 * A container of a result that is sound.
 */
export type AudioContainer = 'wav' | 'flac' | 'opus' | 'mp3' | 'm4a' | 'raw';

/**
 * A container of a result that is a video.
 */
export type VideoContainer = 'mp4' | 'mov' | 'mkv' | 'webm';

/**
 * How raw samples are stored, which the file itself does not say. They are interleaved.
 */
export interface RawFormat {
  /**
   * The sample format.
   */
  sampleFormat: SampleFormat;
  /**
   * The sample rate in Hz, at least 1.
   */
  sampleRate: number;
  /**
   * The number of channels, at least 1.
   */
  channels: number;
}

/**
 * Limits for a source of audio. A source beyond a limit is an error that names the limit.
 */
export interface Limits {
  /**
   * Number of channels. Memory grows with it. Default: 64.
   */
  channels: number;
  /**
   * Sample rate in Hz. Default: 768 000.
   */
  sampleRate: number;
  /**
   * Duration in seconds. A small file can contain days of silence. Default: a day.
   */
  durationSeconds: number;
  /**
   * Bytes that a decoder may read into memory at a time: the header of a file with its
   * tables and pictures, or one packet. The same limit holds for decoded samples that
   * are not read yet, as 32-bit floats. Default: 64 MiB.
   */
  decoderMemory: number;
  /**
   * Duration in seconds times the number of channels: the work grows with it. Default: only the
   * two factors are limited.
   */
  channelSeconds?: number;
  /**
   * Size of a result in bytes; also of the temporary file that levelling and a loudness need,
   * with 4 bytes per sample. Default: no limit.
   */
  resultBytes?: number;
}

/**
 * How urgent a session is. Workers serve a session only while none of a higher
 * priority has work to do; among equals they take turns.
 */
export type Priority = 'low' | 'normal' | 'high';

/**
 * The gain that is applied to the input before the model. On a command line and in JSON it
 * is a number of dB or `auto`.
 */
export type InputGain = number | 'auto';

/**
 * What comes out of a session.
 */
export type Output = 'enhanced' | 'removed';

/**
 * How a session's audio is treated. By default the model does all it can.
 */
export interface Controls {
  /**
   * The maximum attenuation of noise, in dB, 0 or more: a little noise stays. Mixing samples equals mixing spectra, so for DeepFilterNet this is
   * its own attenuation limit. Default: no limit.
   */
  attenuationLimit?: number;
  /**
   * Blend of the original and the enhanced audio, from 0 (original) to 1 (enhanced). At 0
   * the input comes back bit for bit, as long as it is finite and within ±65 536; at 1 none
   * of it is mixed in. Default: 1.
   */
  mix: number;
  /**
   * The gain before the model, -60 to 60 dB. It is undone after the model: the result is as
   * loud as the input. `auto` raises quiet speech, which models tend to remove. Default: `auto`;
   * but 0 dB with `exact`, since that is the reference, and 0 dB for a model that takes any
   * rate, which gets every bit as it is.
   */
  inputGain?: InputGain;
  /**
   * What comes out: the enhanced audio, or only what was removed. Default: the enhanced audio.
   */
  output: Output;
  /**
   * Whether DeepFilterNet's own post-filter attenuates the remaining noise a little more. Other
   * models have no post-filter. Default: no.
   */
  postFilter: boolean;
  /**
   * Whether the model runs strictly hop by hop, not many hops at a time: slower,
   * and the reference that the usual way is measured against. Default: no.
   */
  exact: boolean;
}

/**
 * An integrated loudness to bring audio to, as EBU R 128 measures it: above -70, at
 * most -5 LUFS. Customary are -23 in broadcasting, -16 for podcasts, -14 for streaming.
 */
export type Loudness = number;

/**
 * The requested format of a result. Anything not requested follows the source.
 */
export interface Destination {
  /**
   * The container. Default: that of the source; M4A for AAC, Opus for other lossy formats,
   * otherwise WAV. It is also WAV if a sample format is requested that the usual container
   * does not have.
   */
  container?: Container;
  /**
   * The sample format. Default: the bit depth of the source, or the nearest one that the
   * container supports. Opus, MP3 and M4A have none.
   */
  sampleFormat?: SampleFormat;
  /**
   * The bit rate of all channels together, in kbit/s, for Opus (6 to 256 for each channel), MP3
   * (32 to 320, or 8 to 160 up to 24 kHz) and M4A (8 to 192 for each channel, and up to 6 for each
   * kHz). Default: one that is good for speech. It is an error for containers that have none.
   */
  bitrate?: number;
}

/**
 * All options for enhancing one recording.
 */
export interface EnhanceOptions {
  /**
   * Describes a source of raw samples. Default: the format is detected from the bytes.
   */
  raw?: RawFormat;
  /**
   * Whether damage in the source is an error. Default: the readable part is enhanced, and
   * the summary says where the damage is.
   */
  strict: boolean;
  /**
   * The audio track of the source to enhance, counted from 1. Default: the default track, or
   * else the first that can be read.
   */
  track?: number;
  /**
   * The limits for the source. Default: see each limit.
   */
  limits: Limits;
  /**
   * See `Controls.inputGain`.
   */
  inputGain?: InputGain;
  /**
   * See `Controls.postFilter`.
   */
  postFilter: boolean;
  /**
   * See `Controls.exact`.
   */
  exact: boolean;
  /**
   * See `Controls.attenuationLimit`.
   */
  attenuationLimit?: number;
  /**
   * See `Controls.mix`.
   */
  mix: number;
  /**
   * See `Controls.output`.
   */
  output: Output;
  /**
   * Whether talkers who are near and far, or loud and quiet, are brought to one loudness. Each
   * turn of a talker is raised or lowered by up to 15 dB. Pauses are raised only within half a
   * second of speech that is raised. The gain changes by up to 15 dB in 0.4 s, in pauses where
   * there are some. True peaks are limited to -1 dBTP. Music that sounds like speech is levelled,
   * too. A result with less than a second of speech stays as it is, and the summary says so.
   * Default: no change.
   */
  level: boolean;
  /**
   * Normalises the result to this integrated loudness in LUFS (EBU R 128), after levelling: one gain
   * for all of it, at most 40 dB, with true peaks limited to -1 dBTP. Silence stays silent. Default:
   * no change.
   */
  loudness?: Loudness;
  /**
   * Whether the result of a video is its sound alone. Default: it is the video, in MP4, MOV, Matroska
   * or WebM, with its other tracks as they are, unless another container or a sample format is
   * requested.
   */
  audioOnly: boolean;
  /**
   * Whether the sound of a video that is PCM stays PCM of the same sample format: with 8 bits it
   * gets 16. Sound that is compressed, also without loss, is not affected, and neither are
   * other results. Default: it becomes AAC, or Opus in Matroska.
   */
  keepPcm: boolean;
  /**
   * The container of the result, see `Destination.container`.
   */
  container?: Container;
  /**
   * The sample format of the result, see `Destination.sampleFormat`.
   */
  sampleFormat?: SampleFormat;
  /**
   * The bit rate of the result, see `Destination.bitrate`.
   */
  bitrate?: number;
  /**
   * The priority over other sessions. Default: normal.
   */
  priority: Priority;
}

/**
 * How far a session is; all in samples of one channel, at the input's rate.
 */
export interface Progress {
  /**
   * Samples that were pushed.
   */
  received: number;
  /**
   * Enhanced samples that were pulled.
   */
  enhanced: number;
  /**
   * Samples that will have been enhanced at the end, where that is known.
   */
  expected?: number;
}

/**
 * An audio track of a source.
 */
export interface AudioTrack {
  /**
   * Its number among the audio tracks, from 1.
   */
  number: number;
  /**
   * How many audio tracks the source has, at least 1.
   */
  count: number;
}

/**
 * Damage in a source that was read anyway. Missing parts became silence, or are cut off at
 * the end.
 */
export interface Damage {
  /**
   * The position of the first damage in the audio, in seconds.
   */
  atSeconds: number;
  /**
   * What is damaged there.
   */
  reason: string;
  /**
   * The number of damaged places, including this one.
   */
  places: number;
}

/**
 * What a `Warning` is about. As JSON and as text it is in `snake_case`.
 */
export type WarningCode =
  | 'damaged'
  | 'length_differs'
  | 'format_changes'
  | 'track'
  | 'edited'
  | 'silence_added'
  | 'not_finite'
  | 'clipped'
  | 'chunks_lost'
  | 'video'
  | 'video_not_copied'
  | 'video_incomplete'
  | 'almost_everything_removed'
  | 'not_levelled'
  | 'loudness_not_reached';

/**
 * Something that the user of a result should know.
 */
export interface Warning {
  /**
   * What it is about.
   */
  code: WarningCode;
  /**
   * What happened and what to do, as a sentence without a full stop.
   */
  text: string;
}

/**
 * What was enhanced.
 */
export interface Summary {
  /**
   * The number of samples in each channel.
   */
  samples: number;
  /**
   * The number of channels.
   */
  channels: number;
  /**
   * The sample rate in Hz.
   */
  sampleRate: number;
  /**
   * The duration of the audio in seconds.
   */
  durationSeconds: number;
  /**
   * Whether the source is a video.
   */
  video: boolean;
  /**
   * The container of an audio result if no other is requested.
   */
  usualContainer: Container;
  /**
   * The sample format of an audio result if no other is requested.
   */
  usualSampleFormat: SampleFormat;
  /**
   * Which audio track of the source was enhanced, and of how many.
   */
  track: AudioTrack;
  /**
   * Damage in the source, if any.
   */
  damage?: Damage;
  /**
   * The loudness of the result in LUFS, if a loudness was requested and the result is loud
   * and long enough to have one.
   */
  loudness?: number;
  /**
   * What the user should know about the result.
   */
  warnings: Array<Warning>;
}

/**
 * How listeners would rate speech, each from 1 (bad) to 5 (excellent), as ITU-T P.835 asks
 * them. The network was trained on such ratings; it gives between about 1 and 4.5.
 */
export interface Scores {
  /**
   * The speech itself: 5 is not distorted.
   */
  signal: number;
  /**
   * The noise behind it: 5 is not noticeable.
   */
  background: number;
  /**
   * Speech and noise together.
   */
  overall: number;
}

/**
 * What was measured of a recording.
 */
export interface Measures {
  /**
   * How listeners would rate it: the mean over the windows with at least a tenth of speech, or over
   * all windows if none has so much. A recording without samples has no scores. Without speech the
   * numbers mean nothing.
   */
  scores?: Scores;
  /**
   * How many windows of 9.01 s were rated.
   */
  windows: number;
  /**
   * The integrated loudness in LUFS. A recording that is too quiet or too short has none.
   */
  loudness?: number;
  /**
   * The true peak in dBTP, full scale being 0. Silence has none.
   */
  truePeak?: number;
  /**
   * The share of speech in the recording, from 0 to 1.
   */
  speechShare: number;
  /**
   * The duration in seconds.
   */
  durationSeconds: number;
}

/**
 * A recording before and after it was enhanced.
 */
export interface Comparison {
  /**
   * As it was read.
   */
  before: Measures;
  /**
   * As it was written, before it was encoded.
   */
  after: Measures;
}

/**
 * What a `Finding` is about. As JSON and as text it is in `snake_case`.
 */
export type FindingCode =
  'little_speech' | 'speech_removed' | 'speech_suffered' | 'very_quiet' | 'not_better';

/**
 * What a `Comparison` shows that the user should know.
 */
export interface Finding {
  /**
   * What it is about.
   */
  code: FindingCode;
  /**
   * What happened and what to try, as a sentence without a full stop.
   */
  text: string;
}
