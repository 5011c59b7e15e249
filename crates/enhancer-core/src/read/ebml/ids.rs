//! The identifiers of Matroska's elements (RFC 9559). They include the marker bit of their length.

pub(crate) const EBML: u32 = 0x1a45_dfa3;
pub(crate) const DOC_TYPE: u32 = 0x4282;
pub(crate) const DOC_TYPE_VERSION: u32 = 0x4287;
pub(crate) const DOC_TYPE_READ_VERSION: u32 = 0x4285;
pub(crate) const VOID: u32 = 0xec;
pub(crate) const CRC: u32 = 0xbf;

pub(crate) const SEGMENT: u32 = 0x1853_8067;
pub(crate) const SEEK_HEAD: u32 = 0x114d_9b74;
pub(crate) const SEEK: u32 = 0x4dbb;
pub(crate) const SEEK_ID: u32 = 0x53ab;
pub(crate) const SEEK_POSITION: u32 = 0x53ac;
pub(crate) const INFO: u32 = 0x1549_a966;
pub(crate) const TIMESTAMP_SCALE: u32 = 0x002a_d7b1;
pub(crate) const DURATION: u32 = 0x4489;
pub(crate) const TAGS: u32 = 0x1254_c367;
pub(crate) const TAG: u32 = 0x7373;
pub(crate) const SIMPLE_TAG: u32 = 0x67c8;
pub(crate) const CHAPTERS: u32 = 0x1043_a770;
pub(crate) const EDITION: u32 = 0x45b9;
pub(crate) const EDITION_HIDDEN: u32 = 0x45bd;
pub(crate) const EDITION_DEFAULT: u32 = 0x45db;
pub(crate) const EDITION_ORDERED: u32 = 0x45dd;
pub(crate) const CHAPTER_ATOM: u32 = 0xb6;
pub(crate) const CHAPTER_START: u32 = 0x91;
pub(crate) const CHAPTER_END: u32 = 0x92;
pub(crate) const CHAPTER_HIDDEN: u32 = 0x98;
pub(crate) const CHAPTER_ENABLED: u32 = 0x4598;
pub(crate) const CHAPTER_DISPLAY: u32 = 0x80;
pub(crate) const CHAPTER_STRING: u32 = 0x85;
pub(crate) const ATTACHMENTS: u32 = 0x1941_a469;
pub(crate) const CUES: u32 = 0x1c53_bb6b;
pub(crate) const CUE_POINT: u32 = 0xbb;
pub(crate) const CUE_TIME: u32 = 0xb3;
pub(crate) const CUE_TRACK_POSITIONS: u32 = 0xb7;
pub(crate) const CUE_TRACK: u32 = 0xf7;
pub(crate) const CUE_CLUSTER_POSITION: u32 = 0xf1;

pub(crate) const TRACKS: u32 = 0x1654_ae6b;
pub(crate) const TRACK_ENTRY: u32 = 0xae;
pub(crate) const TRACK_NUMBER: u32 = 0xd7;
pub(crate) const TRACK_TYPE: u32 = 0x83;
pub(crate) const FLAG_DEFAULT: u32 = 0x88;
pub(crate) const MIN_CACHE: u32 = 0x6de7;
pub(crate) const MAX_CACHE: u32 = 0x6df8;
pub(crate) const DEFAULT_DURATION: u32 = 0x0023_e383;
pub(crate) const DEFAULT_FIELD_DURATION: u32 = 0x0023_4e7a;
pub(crate) const TRACK_TIMESTAMP_SCALE: u32 = 0x0023_314f;
pub(crate) const TRACK_OFFSET: u32 = 0x537f;
pub(crate) const MAX_BLOCK_ADDITION: u32 = 0x55ee;
pub(crate) const BLOCK_ADDITION_MAPPING: u32 = 0x41e4;
pub(crate) const CODEC_ID: u32 = 0x86;
pub(crate) const CODEC_PRIVATE: u32 = 0x63a2;
pub(crate) const CODEC_NAME: u32 = 0x0025_8688;
pub(crate) const CODEC_SETTINGS: u32 = 0x003a_9697;
pub(crate) const CODEC_INFO: u32 = 0x003b_4040;
pub(crate) const CODEC_DOWNLOAD: u32 = 0x0026_b240;
pub(crate) const CODEC_DECODE_ALL: u32 = 0xaa;
pub(crate) const CODEC_DELAY: u32 = 0x56aa;
pub(crate) const SEEK_PRE_ROLL: u32 = 0x56bb;
pub(crate) const AUDIO: u32 = 0xe1;
pub(crate) const SAMPLING_FREQUENCY: u32 = 0xb5;
pub(crate) const CHANNELS: u32 = 0x9f;
pub(crate) const BIT_DEPTH: u32 = 0x6264;
pub(crate) const CONTENT_ENCODINGS: u32 = 0x6d80;

/// Types of tracks.
pub(crate) const IS_VIDEO: u64 = 1;
pub(crate) const IS_AUDIO: u64 = 2;

pub(crate) const CLUSTER: u32 = 0x1f43_b675;
pub(crate) const TIMESTAMP: u32 = 0xe7;
pub(crate) const SIMPLE_BLOCK: u32 = 0xa3;
pub(crate) const BLOCK_GROUP: u32 = 0xa0;
pub(crate) const BLOCK: u32 = 0xa1;
pub(crate) const BLOCK_DURATION: u32 = 0x9b;
pub(crate) const REFERENCE_BLOCK: u32 = 0xfb;
pub(crate) const DISCARD_PADDING: u32 = 0x75a2;

/// The smallest identifier of four bytes. The parts of a segment have such identifiers.
pub(crate) const LONG: u32 = 0x1000_0000;
