/** The number in LEB128 at that place, and where the next thing begins. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** The sections of a WebAssembly module: the kind of each, where it, its content and the next begin. */
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
