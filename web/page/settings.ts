// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the next machine is to be: the form, and the link that holds it.
 *
 * A link holds settings, not files: `#memory=256&processors=2&cpu=…&append=…&disk=…&speed=fast`. Images that lie beside the page can be
 * named, `kernel=images/vmlinuz&initrd=images/initrd.gz`; what lies elsewhere cannot, and is refused.
 */
import type { BootSource, FileSource, Speed } from '../worker/messages.ts';
import { button, element, input, toast } from './dom.ts';
import { FileList } from './fileList.ts';

const MIB = 2 ** 20;
const OUR_COMMAND_LINE = 'console=ttya';
const LINUX_COMMAND_LINE = 'console=ttyS0';
/** Where the build puts our own system. */
const OUR_KERNEL = 'platform/i86pc/kernel/amd64/unix';
const OUR_ARCHIVE = 'platform/i86pc/amd64/boot_archive';

/** The disk that our system makes its pool on: c0t0d0, as the command line gives it. */
const POOL_DISK = { bytes: 4 * 2 ** 30, serial: 'pool' };
/** `DEFAULT_MODEL` of the machine. */
const USUAL_CPU = 'diorama';

export type System = 'diorama' | 'files';

export class Settings {
  readonly files = new FileList(element('chosen'));
  readonly #cpu = element<HTMLSelectElement>('cpu');
  readonly #dialog = element<HTMLDialogElement>('machine-dialog');
  readonly #speed: { get(): Speed; set(speed: Speed): void };
  /** Images beside the page, from a link. */
  #linked: { kernel?: string; initrd?: string } = {};
  /** The command line was written by hand. */
  #ownCommandLine = false;

  constructor(speed: { get(): Speed; set(speed: Speed): void }) {
    this.#speed = speed;
  }

  setUp(): void {
    input('command-line').oninput = () => {
      this.#ownCommandLine = true;
    };
    for (const radio of this.#systems) radio.onchange = () => this.#systemChanged();
    button('share').onclick = () => void this.#share();
    this.#fromLink(new URLSearchParams(location.hash.slice(1)));
  }

  /** The processors there are, the usual one first. */
  set models(models: readonly { name: string; brand: string }[]) {
    const { value } = this.#cpu;
    this.#cpu.replaceChildren(...models.map(({ name, brand }) => new Option(`${name} (${brand.trim()})`, name)));
    if (models.some(({ name }) => name === value)) this.#cpu.value = value;
  }
  get system(): System {
    return this.#systems.find((radio) => radio.checked)?.value as System;
  }
  set system(system: System) {
    for (const radio of this.#systems) radio.checked = radio.value === system;
    this.#systemChanged();
  }
  /** Files were chosen: a kernel is there to be booted, disks go with either. */
  filesChosen(): void {
    if (this.files.kernel || this.files.initramfs) this.system = 'files';
  }

  open(): void {
    if (!this.#dialog.open) this.#dialog.showModal();
    button('start').focus();
  }
  close(): void {
    this.#dialog.close();
  }

  /** Undefined if something is missing, which has been said then. */
  source(): BootSource | undefined {
    const emptyDisk = input('disk').valueAsNumber * MIB;
    const machine = {
      memory: input('memory').valueAsNumber * MIB,
      processors: input('processors').valueAsNumber,
      cpu: this.#cpu.value,
      commandLine: input('command-line').value,
      disks: [...this.files.disks.map((image) => ({ image })), ...(emptyDisk > 0 ? [{ bytes: emptyDisk }] : [])],
    };
    const here = (path: string): string => new URL(path, document.baseURI).href;
    if (this.system === 'diorama') {
      const disks = [...machine.disks, POOL_DISK];
      return { ...machine, disks, kernel: here(OUR_KERNEL), kernelName: 'unix', initrd: here(OUR_ARCHIVE) };
    }
    const kernel: FileSource | undefined = this.files.kernel ?? (this.#linked.kernel && here(this.#linked.kernel));
    if (kernel === undefined) return undefined;
    const kernelName = this.files.kernel?.name ?? this.#linked.kernel!;
    const initrd = this.files.initramfs ?? (this.#linked.initrd && here(this.#linked.initrd));
    return { ...machine, kernel, kernelName, initrd: initrd || undefined };
  }

  get link(): string {
    const settings = new URLSearchParams();
    for (const id of ['memory', 'processors', 'cpu', 'disk', 'command-line']) {
      const field = element<HTMLInputElement | HTMLSelectElement>(id);
      const usual = field instanceof HTMLInputElement ? field.defaultValue : USUAL_CPU;
      if (field.value !== usual) settings.set(id === 'command-line' ? 'append' : id, field.value);
    }
    if (this.#speed.get() !== 'real') settings.set('speed', this.#speed.get());
    for (const [name, path] of Object.entries(this.#linked)) if (this.system === 'files') settings.set(name, path);
    const url = new URL(location.href);
    url.hash = settings.toString();
    return url.href;
  }

  get #systems(): HTMLInputElement[] {
    return [...document.querySelectorAll<HTMLInputElement>('input[name="system"]')];
  }
  #systemChanged(): void {
    element('picker').hidden = false;
    if (this.#ownCommandLine) return;
    input('command-line').value = this.system === 'diorama' ? OUR_COMMAND_LINE : LINUX_COMMAND_LINE;
  }

  #fromLink(settings: URLSearchParams): void {
    for (const id of ['memory', 'processors', 'cpu', 'disk', 'append']) {
      const value = settings.get(id);
      const field = element<HTMLInputElement | HTMLSelectElement>(id === 'append' ? 'command-line' : id);
      if (value === null) continue;
      // The list comes later; what is not in it the machine refuses.
      if (id === 'cpu') this.#cpu.add(new Option(value, value));
      const before = field.value;
      field.value = value;
      if (!field.checkValidity() || field.value !== value) field.value = before;
      else if (id === 'append') this.#ownCommandLine = true;
    }
    if (settings.get('speed') === 'fast') this.#speed.set('fast');
    for (const name of ['kernel', 'initrd'] as const) {
      const path = settings.get(name);
      if (path && new URL(path, document.baseURI).origin === location.origin) this.#linked[name] = path;
    }
    if (this.#linked.kernel) this.system = 'files';
  }

  async #share(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.link);
      const files = this.files.kernel || this.files.initramfs || this.files.disks.length > 0;
      toast(files ? 'Link copied. It holds the settings; files stay with you' : 'Link copied');
    } catch {
      history.replaceState(undefined, '', this.link);
      toast('The link is in the address bar');
    }
  }
}
