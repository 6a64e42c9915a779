// SPDX-License-Identifier: MIT
/** @fileoverview Short words for what every part of the page does with the document. */

export const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
export const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);
export const button = (id: string): HTMLButtonElement => element<HTMLButtonElement>(id);

type Child = Node | string;

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | number> = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** An icon of the sprite in index.html. */
export const icon = (name: string): SVGSVGElement => svg('svg', { 'aria-hidden': 'true' }, svg('use', { href: `#icon-${name}` }));

/** Shown for some seconds, and spoken. */
export function toast(text: string): void {
  const box = element('toast');
  box.textContent = text;
  clearTimeout(Number(box.dataset.timer));
  box.dataset.timer = String(setTimeout(() => box.replaceChildren(), 4000));
}

/** Tabs by the pattern of the ARIA Authoring Practices: one is in the tab order, arrows choose. */
export function tabs(list: HTMLElement, chosen: (id: string) => void): { show(id: string): void } {
  const all = [...list.querySelectorAll<HTMLButtonElement>('[role="tab"]')];
  const panelOf = (tab: HTMLElement): string => tab.getAttribute('aria-controls')!;
  const show = (id: string): void => {
    for (const tab of all) {
      const selected = panelOf(tab) === id;
      tab.ariaSelected = String(selected);
      tab.tabIndex = selected ? 0 : -1;
      element(panelOf(tab)).classList.toggle('shown', selected);
      if (selected) tab.classList.remove('news');
    }
    chosen(id);
  };
  for (const [index, tab] of all.entries()) {
    // So that the keyboard can scroll it; consoles take the focus themselves.
    if (element(panelOf(tab)).matches('.view')) element(panelOf(tab)).tabIndex = 0;
    tab.onclick = () => show(panelOf(tab));
    tab.onkeydown = ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -index, End: all.length - 1 - index }[key];
      if (step === undefined) return;
      const next = all[(index + step + all.length) % all.length];
      show(panelOf(next));
      next.focus();
    };
  }
  return { show };
}

/** With commas between thousands. The browser's own formatter costs the page 10 ms when it is first used: it loads the rules of a language. */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** A moment in milliseconds since 1970, by the clock on the wall: `Nov 26 2026 17:21:46`. */
export const formatTime = (time: number): string => String(new Date(time)).slice(4, 24);

export function formatSize(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Number((bytes / 1024 ** unit).toFixed(1))} ${units[unit]}`;
}
