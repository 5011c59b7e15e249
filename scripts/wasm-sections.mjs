/** Reads a number in LEB128. Returns it and the place after it. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** The sections of a WebAssembly module: the kind of each, and where it, its content and the next one begin. */
export function sections(module) {
  const found = [];
  for (let start = 8; start < module.length;) {
    const [size, content] = number(module, start + 1);
    const end = content + size;
    found.push({ id: module[start], start, content, end });
    start = end;
  }
  return found;
}
