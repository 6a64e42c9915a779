// SPDX-License-Identifier: MIT
/** @fileoverview What chmod does to lists of access: `A`, perhaps a number, `+`, `-` or `=`, and entries. */
import { Ace, ACE_DIRECTORY_INHERIT, ACE_FILE_INHERIT, trivialAces } from '../../fs/acl';
import { aclError, parseAcl, parseError, readAcl, writeAcl } from '../../lib/acl';
import { Status } from '../../lib/files';
import { complain, say } from '../../lib/io';

export class AclChange {
  private constructor(
    private readonly operation: string,
    /** -1: none was given. */
    private readonly index: i32,
    private readonly aces: Ace[],
  ) {}

  /** Null: it is not such a change; {@link wrongAcl} says whether it was to be one. */
  static parse(text: string): AclChange | null {
    wrongAcl = '';
    if (!text.startsWith('A')) return null;
    let at = 1;
    let index = -1;
    while (at < text.length && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) {
      index = max(index, 0) * 10 + text.charCodeAt(at++) - 0x30;
      if (index > 1024) break;
    }
    const operation = text.charAt(at);
    if (operation != '+' && operation != '-' && operation != '=') return null;
    const specification = text.substring(at + 1);
    if (!specification.length) {
      if (operation == '-') return new AclChange(operation, index, []);
      wrongAcl = 'No ACL specification given';
      return null;
    }
    if (operation == '-' && index >= 0) {
      wrongAcl = 'Invalid ACL specification given';
      return null;
    }
    const aces = parseAcl(specification);
    if (aces) return new AclChange(operation, index, aces);
    wrongAcl = parseError;
    return null;
  }

  /** False: said why not, unless `quiet`. */
  apply(path: string, about: Status, quiet: bool): bool {
    const changed = this.changed(path, about, quiet);
    if (!changed) return false;
    for (let i = 0; i < changed.length && !about.isDirectory; i++) {
      if (changed[i].flags & (ACE_FILE_INHERIT | ACE_DIRECTORY_INHERIT)) {
        return refuse(quiet, 'inheritance flags are only allowed on directories');
      }
    }
    const error = writeAcl(path, changed);
    if (error < 0 && !quiet) complain('chmod', path, error);
    return error >= 0;
  }

  private changed(path: string, about: Status, quiet: bool): Ace[] | null {
    if (this.operation == '=' && this.index < 0) return this.aces;
    if (this.operation == '-' && this.index < 0 && !this.aces.length) return trivialAces(<i32>about.mode, about.isDirectory);
    const aces = readAcl(path);
    if (!aces) {
      if (!quiet) complain('chmod', path, aclError);
      return null;
    }
    const at = max(this.index, 0);
    if (this.operation == '+') {
      if (at > aces.length) return nothing(quiet, 'Invalid slot specified');
      return aces.slice(0, at).concat(this.aces).concat(aces.slice(at));
    }
    if (this.operation == '=') {
      if (at + this.aces.length > aces.length) return nothing(quiet, 'Invalid slot specified');
      for (let i = 0; i < this.aces.length; i++) aces[at + i] = this.aces[i];
      return aces;
    }
    if (this.index >= 0) {
      if (at >= aces.length) return nothing(quiet, 'Invalid slot specified');
      aces.splice(at, 1);
    } else if (!this.without(aces)) return nothing(quiet, 'No matching ACL entries found');
    return aces.length ? aces : nothing(quiet, "Can't remove all ACL entries from a file");
  }
  /** Takes away all that are like those given; false: none is. */
  private without(aces: Ace[]): bool {
    let any = false;
    for (let i = aces.length - 1; i >= 0; i--) {
      for (let j = 0; j < this.aces.length; j++) {
        const one = this.aces[j];
        if (aces[i].type != one.type || aces[i].flags != one.flags || aces[i].mask != one.mask || aces[i].who != one.who)
          continue;
        aces.splice(i, 1);
        any = true;
        break;
      }
    }
    return any;
  }
}

/** What is wrong with a change of lists; empty: nothing, or it is none. */
export let wrongAcl: string = '';

function refuse(quiet: bool, why: string): bool {
  if (!quiet) say('chmod: ERROR: ' + why + '\n');
  return false;
}
function nothing(quiet: bool, why: string): Ace[] | null {
  refuse(quiet, why);
  return null;
}
