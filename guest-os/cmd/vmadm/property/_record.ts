// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a property of a VM is (vmadm(8), PROPERTIES): its JSON type, who may give it when, its limits, and where its value is kept. All
 * that validation, `get`, `create` and `update` know of a property is its record; what depends on several is in payload/.
 *
 * Actions: c create, u update; members of objects: a when the object is added, u when it is updated; r: only shown.
 *
 * Where values are kept: an attr of the zone's configuration, a resource control there (set in the running zone too), something that zones have anyway, a
 * property of the zone's dataset (which ZFS applies at once), or a file in the zonepath's config directory.
 */
export const UUID: i32 = 0;
export const BOOLEAN: i32 = 1;
export const STRING: i32 = 2;
export const INTEGER: i32 = 3;
/** An array of texts, or one text with commas. */
export const LIST: i32 = 4;
/** An object whose values are texts, numbers and booleans. */
export const FLAT: i32 = 5;
export const OBJECTS: i32 = 6;
/** The name of a pool. */
export const ZPOOL: i32 = 7;

export const NOWHERE: i32 = 0;
export const IN_ATTR: i32 = 1;
/** Base64 in an attr: the text may hold anything. */
export const IN_ATTR_ENCODED: i32 = 2;
export const IN_RCTL: i32 = 3;
/** `where`: autoboot, limitpriv, fs-allowed. */
export const IN_ZONE: i32 = 4;
export const IN_ZFS: i32 = 5;
/** `where`: a file's name in config/, a colon, and a name in it; `*`: all of the file. */
export const IN_FILE: i32 = 6;

export const MEBIBYTE: i64 = 1 << 20;
export const GIBIBYTE: i64 = 1 << 30;

export class Property {
  min: i64 = i64.MIN_VALUE;
  max: i64 = i64.MAX_VALUE;
  /** JSON of the value that create takes if none is given. */
  fallback: string = '';
  required: bool = false;
  check: ((value: string) => bool) | null = null;
  store: i32 = NOWHERE;
  where: string = '';
  /** What happens to a process that exceeds a resource control: deny or none. */
  action: string = '';
  /** What one of the value is where it is kept: 1 MiB of memory is 1048576 bytes. */
  unit: i64 = 1;
  /** Brands: J joyent, M joyent-minimal. */
  brands: string = 'JM';
  /** A value of 0 is one, not the absence of a value. */
  keepsZero: bool = false;
  /** Only a true value is shown. */
  isHidden: bool = false;
  /** What an object-array's members are called in the table: `nics` of `add_nics`. */
  members: string = '';

  constructor(
    readonly name: string,
    readonly type: i32,
    readonly actions: string,
  ) {}

  from(least: i64, most: i64 = i64.MAX_VALUE): Property {
    this.min = least;
    this.max = most;
    return this;
  }
  byDefault(json: string): Property {
    this.fallback = json;
    return this;
  }
  needed(): Property {
    this.required = true;
    return this;
  }
  checked(check: (value: string) => bool): Property {
    this.check = check;
    return this;
  }
  of(brands: string): Property {
    this.brands = brands;
    return this;
  }
  zero(): Property {
    this.keepsZero = true;
    return this;
  }
  shownIfTrue(): Property {
    this.isHidden = true;
    return this;
  }
  membersAre(name: string): Property {
    this.members = name;
    return this;
  }
  private keptIn(store: i32, where: string): Property {
    this.store = store;
    this.where = where;
    return this;
  }
  attr(name: string): Property {
    return this.keptIn(IN_ATTR, name);
  }
  encodedAttr(name: string): Property {
    return this.keptIn(IN_ATTR_ENCODED, name);
  }
  zone(what: string): Property {
    return this.keptIn(IN_ZONE, what);
  }
  zfs(property: string, unit: i64 = 1): Property {
    this.unit = unit;
    return this.keptIn(IN_ZFS, property);
  }
  file(where: string): Property {
    return this.keptIn(IN_FILE, where);
  }
  rctl(name: string, action: string, unit: i64 = 1): Property {
    this.action = action;
    this.unit = unit;
    return this.keptIn(IN_RCTL, name);
  }
}
