/** What the page's `style-src` needs beside 'self' for wavesurfer.js 8.0.1: the hash of the one <style> it writes. */
export const WAVESURFER_STYLE = "'sha256-gXnHDepVZ6KF6fKGOD+GVc9BynM50JQqht95p3HpemI='";
