// SPDX-License-Identifier: MIT
/**
 * @fileoverview XML 1.0 as manifests use it: elements, attributes, text, comments, CDATA, the five entities and character references.
 *
 * A document becomes a tree of {@link Element}s. Omitted: DTDs (a DOCTYPE is skipped, nothing is validated against it), namespaces.
 */
export class Element {
  readonly attributes: Map<string, string> = new Map<string, string>();
  readonly children: Element[] = [];
  text: string = '';
  constructor(
    public readonly name: string,
    public readonly line: i32,
  ) {}

  /** An attribute's value, or nothing. */
  get(name: string): string {
    return this.attributes.has(name) ? this.attributes.get(name) : '';
  }
}

export class XmlParser {
  private at: i32 = 0;
  private line: i32 = 1;
  /** What is wrong, with its line; nothing: nothing. */
  error: string = '';

  constructor(private readonly source: string) {}

  /** The root element; null: see {@link error}. */
  parse(): Element | null {
    let root: Element | null = null;
    while (!this.error.length) {
      this.skipSpace();
      if (this.at >= this.source.length) break;
      if (this.skipMarkup()) continue;
      if (root || this.peek() != 0x3c) this.fail('text outside of the root element');
      else root = this.element(0);
    }
    if (!root && !this.error.length) this.fail('no root element');
    return this.error.length ? null : root;
  }

  private fail(what: string): void {
    if (!this.error.length) this.error = 'line ' + this.line.toString() + ': ' + what;
  }
  private peek(): i32 {
    return this.at < this.source.length ? this.source.charCodeAt(this.at) : -1;
  }
  private step(to: i32): void {
    for (; this.at < to; this.at++) if (this.source.charCodeAt(this.at) == 0x0a) this.line++;
  }
  private skipSpace(): void {
    while (this.at < this.source.length && this.peek() <= 0x20) this.step(this.at + 1);
  }
  private skipPast(text: string): void {
    const end = this.source.indexOf(text, this.at);
    if (end < 0) this.fail('no ' + text);
    this.step(end < 0 ? this.source.length : end + text.length);
  }

  /** Comments, processing instructions, DOCTYPE. */
  private skipMarkup(): bool {
    if (this.source.substr(this.at, 4) == '<!--') this.skipPast('-->');
    else if (this.source.substr(this.at, 2) == '<?') this.skipPast('?>');
    else if (this.source.substr(this.at, 9) == '<!DOCTYPE') this.skipPast('>');
    else return false;
    return true;
  }

  private name(): string {
    const start = this.at;
    while (this.at < this.source.length && isNamePart(this.peek())) this.at++;
    if (this.at == start) this.fail('a name was expected');
    return this.source.substring(start, this.at);
  }

  /** At `<`. Depth is limited, for the parser calls itself. */
  private element(depth: i32): Element {
    this.at++;
    const element = new Element(this.name(), this.line);
    if (depth > 64) this.fail('elements are nested too deeply');
    while (!this.error.length) {
      this.skipSpace();
      const c = this.peek();
      if (c == 0x2f && this.source.charCodeAt(this.at + 1) == 0x3e) {
        this.at += 2;
        return element;
      }
      if (c == 0x3e) {
        this.at++;
        this.content(element, depth);
        return element;
      }
      this.attribute(element);
    }
    return element;
  }

  private attribute(element: Element): void {
    const name = this.name();
    this.skipSpace();
    if (this.peek() != 0x3d) return this.fail('attribute ' + name + ' has no value');
    this.at++;
    this.skipSpace();
    const quote = this.peek();
    if (quote != 0x22 && quote != 0x27) return this.fail('the value of ' + name + ' is not quoted');
    const end = this.source.indexOf(String.fromCharCode(quote), this.at + 1);
    if (end < 0) return this.fail('the value of ' + name + ' does not end');
    element.attributes.set(name, this.decode(this.source.substring(this.at + 1, end)));
    this.step(end + 1);
  }

  private content(element: Element, depth: i32): void {
    while (!this.error.length) {
      const next = this.source.indexOf('<', this.at);
      if (next < 0) return this.fail('<' + element.name + '> does not end');
      element.text += this.decode(this.source.substring(this.at, next));
      this.step(next);
      if (this.source.substr(this.at, 9) == '<![CDATA[') {
        const start = this.at + 9;
        this.skipPast(']]>');
        element.text += this.source.substring(start, max(this.at - 3, start));
      } else if (this.source.substr(this.at, 2) == '</') {
        this.at += 2;
        const name = this.name();
        if (name != element.name) return this.fail('</' + name + '> where </' + element.name + '> was expected');
        this.skipSpace();
        if (this.peek() != 0x3e) this.fail('</' + name + ' without >');
        this.at++;
        return;
      } else if (!this.skipMarkup()) {
        element.children.push(this.element(depth + 1));
      }
    }
  }

  private decode(text: string): string {
    if (!text.includes('&')) return text;
    let result = '';
    for (let i = 0; i < text.length; i++) {
      const end = text.charCodeAt(i) == 0x26 ? text.indexOf(';', i) : -1;
      if (end < 0) {
        result += text.charAt(i);
        continue;
      }
      result += this.entity(text.substring(i + 1, end));
      i = end;
    }
    return result;
  }

  private entity(name: string): string {
    if (name == 'amp') return '&';
    if (name == 'lt') return '<';
    if (name == 'gt') return '>';
    if (name == 'quot') return '"';
    if (name == 'apos') return "'";
    let code = 0;
    const hexadecimal = name.startsWith('#x');
    for (let i = hexadecimal ? 2 : 1; i < name.length && code < 256; i++) {
      const c = name.charCodeAt(i);
      code = code * (hexadecimal ? 16 : 10) + (c <= 0x39 ? c - 0x30 : (c | 0x20) - 87);
    }
    if (!name.startsWith('#') || code <= 0 || code > 255) this.fail('unknown entity &' + name + ';');
    return String.fromCharCode(code & 0xff);
  }
}

function isNamePart(c: i32): bool {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x3a) || c == 0x5f || c == 0x2d || c == 0x2e;
}

/** Text as an attribute's value. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replaceAll('"', '&quot;');
}
