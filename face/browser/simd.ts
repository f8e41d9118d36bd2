/** A function with one v128 instruction: valid only where WebAssembly has SIMD. */
const PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

/** Whether this browser runs WebAssembly with SIMD (phones since about 2021). */
export function hasSimd(): boolean {
  try {
    return WebAssembly.validate(Uint8Array.from(PROBE));
  } catch {
    return false;
  }
}
