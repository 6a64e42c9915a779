// SPDX-License-Identifier: MIT
/** @fileoverview Text written so that a shell reads it as one word again. */

/** In single quotes, for `set`, `export -p` and aliases. */
export function quoted(text: string): string {
  return "'" + text.replaceAll("'", "'\\''") + "'";
}

/** `${x@Q}` of bash: single quotes, or $'…' where there are control characters. */
export function quoteWord(text: string): string {
  return hasControls(text) ? ansi(text) : quoted(text);
}

/** printf %q of bash: backslashes, or $'…' where there are control characters. */
export function escapeWord(text: string): string {
  if (!text.length) return "''";
  if (hasControls(text)) return ansi(text);
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (' "\'$`\\|&;<>()*?[]{}!^'.includes(c) || (!i && (c == '#' || c == '~')) || c == ',') result += '\\';
    result += c;
  }
  return result;
}

/** As `set` of bash shows values: as they are where a shell reads that as the same word, else in quotes. */
export function quotedIfNeeded(text: string): string {
  if (hasControls(text)) return ansi(text);
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    // A tilde is somebody's home at the beginning, and behind these.
    const isHome = c == '~' && (!i || ':='.includes(text.charAt(i - 1)));
    if (' "\'$`\\|&;<>()*?[]{}!^'.includes(c) || isHome || (c == '#' && !i)) return quoted(text);
  }
  return text;
}

/** In double quotes, as `declare -p` has it. */
export function inDoubleQuotes(text: string): string {
  if (hasControls(text)) return ansi(text);
  let result = '"';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if ('"$`\\'.includes(c)) result += '\\';
    result += c;
  }
  return result + '"';
}

function hasControls(text: string): bool {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20 || text.charCodeAt(i) == 0x7f) return true;
  return false;
}

function ansi(text: string): string {
  let result = "$'";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const at = "\x07\b\x1b\f\n\r\t\v\\'".indexOf(text.charAt(i));
    if (at >= 0) result += '\\' + "abEfnrtv\\'".charAt(at);
    else if (c < 0x20 || c == 0x7f) result += '\\' + ('00' + c.toString(8)).slice(-3);
    else result += text.charAt(i);
  }
  return result + "'";
}
