// SPDX-License-Identifier: MIT
/** @fileoverview The files chosen for the next machine, with what each is to be, as a list that can be edited. */
import { formatSize } from './dom.ts';
import { HEAD_SIZE, type Role, recognise } from './recognise.ts';

interface Chosen {
  file: File;
  role: Role;
  format: string;
}

const ROLES: readonly [Role, string][] = [
  ['kernel', 'Kernel'],
  ['initramfs', 'Initramfs'],
  ['disk', 'Disk'],
];

export class FileList {
  readonly #element: HTMLElement;
  #chosen: Chosen[] = [];

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  /** Returns what is to be said about files that cannot be used. */
  async add(files: Iterable<File>): Promise<string[]> {
    const refusals: string[] = [];
    for (const file of files) {
      let head: Uint8Array;
      try {
        head = new Uint8Array(await file.slice(0, HEAD_SIZE).arrayBuffer());
      } catch {
        // A folder, among others.
        refusals.push(`${file.name} cannot be read.`);
        continue;
      }
      const found = recognise(file.name, file.size, head);
      if ('refusal' in found) refusals.push(found.refusal);
      else this.#put({ file, ...found });
    }
    this.#show();
    return refusals;
  }

  /** There is one kernel and one initramfs at most. */
  get kernel(): File | undefined {
    return this.#of('kernel')[0];
  }
  get initramfs(): File | undefined {
    return this.#of('initramfs')[0];
  }
  /** In the order chosen. */
  get disks(): File[] {
    return this.#of('disk');
  }

  #of(role: Role): File[] {
    return this.#chosen.filter((one) => one.role === role).map((one) => one.file);
  }

  /** A new kernel replaces the old one, and a file chosen again itself. */
  #put(added: Chosen): void {
    const replaced = (one: Chosen): boolean =>
      one === added || (added.role !== 'disk' && one.role === added.role) || one.file.name === added.file.name;
    this.#chosen = [...this.#chosen.filter((one) => !replaced(one)), added];
  }

  #show(): void {
    this.#element.replaceChildren(...this.#chosen.map((one) => this.#item(one)));
  }

  #item(one: Chosen): HTMLElement {
    const { file } = one;
    const name = document.createElement('span');
    name.textContent = file.name;
    name.title = file.name;
    const details = document.createElement('small');
    details.textContent = `${one.format}, ${formatSize(file.size)}`;
    name.append(details);

    const role = document.createElement('select');
    role.ariaLabel = `Use ${file.name} as`;
    for (const [value, label] of ROLES) role.append(new Option(label, value, false, value === one.role));
    role.onchange = () => {
      one.role = role.value as Role;
      this.#put(one);
      this.#show();
    };

    const remove = document.createElement('button');
    remove.type = 'button';
    remove.textContent = '×';
    remove.ariaLabel = `Remove ${file.name}`;
    remove.onclick = () => {
      this.#chosen = this.#chosen.filter((other) => other !== one);
      this.#show();
    };

    const item = document.createElement('li');
    item.append(name, role, remove);
    return item;
  }
}
