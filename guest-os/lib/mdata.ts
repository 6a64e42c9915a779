// SPDX-License-Identifier: MIT
/**
 * @fileoverview The metadata protocol's second version: a line `V2 LENGTH CRC BODY`, where BODY is `ID COMMAND` and perhaps a payload in base64; LENGTH and
 * CRC (CRC-32, 8 hexadecimal digits) are of BODY. The first version's lines have no such frame; `NEGOTIATE V2` goes from one to the other.
 */
import { fromBase64, toBase64 } from './base64';
import { crc32 } from './deflate/checksum';
import { bytesOf, parseNumber } from './text';

export class Frame {
  constructor(
    /** Eight hexadecimal digits that the answer repeats. */
    readonly id: string,
    /** GET, KEYS, PUT, DELETE; in answers SUCCESS, NOTFOUND, FAILURE. */
    readonly command: string,
    readonly payload: string,
  ) {}

  /** With its newline. */
  line(): string {
    const body = this.id + ' ' + this.command + (this.payload.length ? ' ' + toBase64(this.payload) : '');
    return 'V2 ' + body.length.toString() + ' ' + hexadecimal(crcOf(body)) + ' ' + body + '\n';
  }
}

export function hexadecimal(value: u32): string {
  return value.toString(16).padStart(8, '0');
}
function crcOf(text: string): u32 {
  return crc32(0, changetype<usize>(bytesOf(text)), text.length);
}

/** Null where a line is no frame, or has been damaged. */
export function parseFrame(line: string): Frame | null {
  if (!line.startsWith('V2 ')) return null;
  const first = line.indexOf(' ', 3);
  const second = first < 0 ? -1 : line.indexOf(' ', first + 1);
  if (second < 0) return null;
  const body = line.substring(second + 1);
  if (parseNumber(line.substring(3, first)) != body.length) return null;
  if (line.substring(first + 1, second).toLowerCase() != hexadecimal(crcOf(body))) return null;
  const words = body.split(' ');
  if (words.length < 2 || words.length > 3) return null;
  const payload = words.length == 3 ? fromBase64(words[2]) : '';
  return payload == null ? null : new Frame(words[0], words[1], payload);
}
