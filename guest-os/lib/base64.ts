// SPDX-License-Identifier: MIT
/** @fileoverview Base64 (RFC 4648, section 4) of byte strings. */
export const ALPHABET: string = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function toBase64(text: string): string {
  const parts: string[] = [];
  for (let i = 0; i < text.length; i += 3) {
    const left = min(text.length - i, 3);
    let bits: u32 = 0;
    for (let k = 0; k < 3; k++) bits = (bits << 8) | (k < left ? text.charCodeAt(i + k) & 255 : 0);
    let group = '';
    for (let k = 0; k < 4; k++) group += k <= left ? ALPHABET.charAt((bits >> (18 - 6 * k)) & 63) : '=';
    parts.push(group);
  }
  return parts.join('');
}

/** Null where the text is none. */
export function fromBase64(text: string): string | null {
  if (text.length & 3) return null;
  const parts: string[] = [];
  for (let i = 0; i < text.length; i += 4) {
    let bits: u32 = 0;
    let count = 4;
    for (let k = 0; k < 4; k++) {
      const digit = ALPHABET.indexOf(text.charAt(i + k));
      // Padding is at the end of the last group.
      if (digit < 0 && text.charAt(i + k) == '=' && k > 1 && i + 4 == text.length) count = min(count, k);
      else if (digit < 0 || count < 4) return null;
      bits = (bits << 6) | (digit < 0 ? 0 : <u32>digit);
    }
    let group = '';
    for (let k = 0; k < count - 1; k++) group += String.fromCharCode((bits >> (16 - 8 * k)) & 255);
    parts.push(group);
  }
  return parts.join('');
}
