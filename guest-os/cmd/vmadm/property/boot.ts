// SPDX-License-Identifier: MIT
/** @fileoverview How the zone starts, and what it may do. */
import { BOOLEAN, INTEGER, LIST, Property, STRING } from './_record';

/** Names of file systems are words. */
function isWord(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (!((c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) || c == 0x5f || c == 0x2d)) return false;
  }
  return true;
}
function isPath(text: string): bool {
  return text.startsWith('/') && !text.includes('/../');
}

export const BOOT: Property[] = [
  new Property('autoboot', BOOLEAN, 'cu').byDefault('true').zone('autoboot'),
  new Property('limit_priv', LIST, 'cu').byDefault('["default"]').zone('limitpriv'),
  new Property('fs_allowed', LIST, 'cu').checked(isWord).zone('fs-allowed'),
  new Property('init_name', STRING, 'cu').checked(isPath).attr('init-name'),
  new Property('docker', BOOLEAN, 'cu').of('M').shownIfTrue().attr('docker'),
  new Property('nowait', BOOLEAN, 'c'),
  new Property('mdata_exec_timeout', INTEGER, 'c').from(0).zero(),
  new Property('zlog_max_size', INTEGER, 'cu').from(0).attr('zlog-max-size'),
];
