/** Videos for the tests, made by ffmpeg. */
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { SAMPLE } from './page.ts';

/** The ffmpeg options for each kind of video. */
const KINDS = {
  'talk.mp4': ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
  'talk.webm': ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
  'talk.mkv': ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
  // No browser has this codec.
  'old.mp4': ['-c:v', 'mpeg2video', '-c:a', 'aac'],
};

/** Makes a video. Its picture changes with each frame, its sound is the sample. */
export function makeVideo(path: string, seconds = 3): string {
  const kind = KINDS[basename(path) as keyof typeof KINDS];
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${seconds}`];
  const sound = ['-t', String(seconds), '-i', SAMPLE];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...picture, ...sound, ...kind, path]);
  return path;
}
