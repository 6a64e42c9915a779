// SPDX-License-Identifier: MIT
/** @fileoverview The shelf of snapshots: list, take, restore, delete, download, upload. */
import type { StoredSnapshot } from '../worker/messages.ts';
import { button, element, formatSize, formatTime, input, make, toast } from './dom.ts';
import type { PageMachine } from './machine.ts';

const TAKING = 'One is being taken…';

export interface SnapshotEvents {
  restore(snapshot: StoredSnapshot): void;
  failed(message: string): void;
}

export class Snapshots {
  readonly #machine: PageMachine;
  readonly #events: SnapshotEvents;
  readonly #dialog = element<HTMLDialogElement>('snapshots-dialog');
  /** One is being taken. */
  #taking = false;

  constructor(machine: PageMachine, events: SnapshotEvents) {
    this.#machine = machine;
    this.#events = events;
    button('take').onclick = () => void this.take();
    input('upload').onchange = () => {
      const [file] = input('upload').files ?? [];
      input('upload').value = '';
      if (file) void this.upload(file);
    };
  }

  open(): void {
    if (!this.#dialog.open) this.#dialog.showModal();
    void this.refresh();
  }

  list(): Promise<StoredSnapshot[]> {
    return this.#machine.call({ name: 'list' });
  }

  async refresh(): Promise<void> {
    // The worker may be busy with it for a while, and answers then.
    if (this.#taking) element('shelf-empty').textContent = TAKING;
    const stored = await this.#trying('', () => this.list());
    if (!stored) return;
    element('shelf').replaceChildren(...stored.reverse().map((snapshot) => this.#item(snapshot)));
    element('shelf-empty').textContent = this.#taking ? TAKING : 'There are none yet.';
    element('shelf-empty').hidden = stored.length > 0 && !this.#taking;
    const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
    element('storage').textContent = usage && quota ? `${formatSize(usage)} of ${formatSize(quota)} used` : '';
  }

  async take(title = formatTime(Date.now())): Promise<StoredSnapshot | undefined> {
    button('take').disabled = button('snapshot').disabled = true;
    this.#taking = true;
    toast('Taking a snapshot…');
    if (this.#dialog.open) void this.refresh();
    // A browser that is short of room asks before it throws this away.
    void navigator.storage?.persist?.();
    const stored = await this.#trying('No snapshot was taken', () => this.#machine.call({ name: 'save', title }));
    this.#taking = false;
    button('take').disabled = button('snapshot').disabled = !this.#machine.isOn;
    if (stored) toast(`Snapshot taken: ${formatSize(stored.size)}`);
    if (this.#dialog.open) await this.refresh();
    return stored;
  }

  async upload(file: Blob & { name?: string }): Promise<StoredSnapshot | undefined> {
    const stored = await this.#trying(`${file.name ?? 'The file'} cannot be used`, () =>
      this.#machine.call({ name: 'import', file, title: file.name ?? 'Uploaded' }),
    );
    if (stored) {
      toast('Snapshot uploaded');
      this.open();
    }
    return stored;
  }

  #item(snapshot: StoredSnapshot): HTMLLIElement {
    const { id, title, created, size, memory, virtualSeconds } = snapshot;
    const when = formatTime(created);
    const age = virtualSeconds > 0 ? `, up ${virtualSeconds.toFixed(1)} s` : '';
    // Titles are times unless somebody has given another.
    const date = title === when ? '' : `${when} · `;
    const details = `${date}${formatSize(size)}, machine of ${formatSize(memory)}${age}`;
    const action = (label: string, act: () => void, primary = false): HTMLButtonElement =>
      make('button', {
        type: 'button',
        textContent: label,
        ariaLabel: `${label} ${title}`,
        className: primary ? 'primary' : '',
        onclick: act,
      });
    return make(
      'li',
      {},
      make('div', {}, make('b', { textContent: title, title }), make('small', { textContent: details })),
      action('Download', () => void this.#download(snapshot)),
      action('Delete', () => void this.#delete(id)),
      action(
        'Restore',
        () => {
          this.#dialog.close();
          this.#events.restore(snapshot);
        },
        true,
      ),
    );
  }

  async #delete(id: number): Promise<void> {
    await this.#trying('The snapshot was not deleted', () => this.#machine.call({ name: 'delete', id }));
    await this.refresh();
  }

  async #download({ id, title }: StoredSnapshot): Promise<void> {
    toast('Packing…');
    const blob = await this.#trying('The snapshot cannot be downloaded', () => this.#machine.call({ name: 'export', id }));
    if (!blob) return;
    const href = URL.createObjectURL(blob);
    make('a', { href, download: `${title.replaceAll(/[^\w.-]+/g, '-')}.snapshot` }).click();
    URL.revokeObjectURL(href);
  }

  async #trying<Value>(what: string, action: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await action();
    } catch (error) {
      const { message } = error as Error;
      this.#dialog.close();
      this.#events.failed(what ? `${what}: ${message}.` : `${message}.`);
      return undefined;
    }
  }
}
