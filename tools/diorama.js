// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview The commands of ./diorama that belong to the source tree (test, build, serving the page, bench, zpool); all others go to the bundled
 * command line, which is brought up to date first.
 */
import { fileURLToPath } from 'node:url';
import { buildNode } from './build.js';

const [command, ...rest] = process.argv.slice(2);

/** What the help of the bundled command line does not know. */
const HELP = `
In the source tree, besides:
  (no command)           serve the browser console; --port N
  zpool COMMAND FILE...  look into ZFS pools in files; 'zpool --help' says more
  bench [what]           compare speed with the host, QEMU and v86; also page,
                         library, translator, zfs; 'bench --help' says more
  test [filter...]       run the tests, or those whose path contains a filter
  build                  build everything that the others need`;

try {
  if (command === 'test') {
    const { test } = await import('./test.js');
    process.exitCode = await test(rest);
  } else if (command === 'bench' && rest[0] === 'page') {
    const { benchPage } = await import('./benchPage.js');
    await benchPage(rest.slice(1));
  } else if (command === 'bench' && rest[0] === 'library') {
    const { benchLibrary } = await import('./benchLibrary.js');
    await benchLibrary();
  } else if (command === 'bench') {
    const { bench } = await import('./bench.js');
    process.exitCode = await bench(rest);
  } else if (command === 'zpool') {
    const { zpool } = await import('./zpool.js');
    process.exitCode = await zpool(rest);
  } else if (command === 'build') {
    const { buildAll } = await import('./build.js');
    await buildAll();
  } else if (command === undefined || command === '--port') {
    const { serve } = await import('./serve.js');
    await serve(process.argv.slice(2));
  } else {
    await buildNode();
    if ((command === 'run' || command === 'debug') && bootsOurs(rest)) {
      // What is wrong with the words is told before anything is built for them.
      const options = new URL('../dist/node/options.js', import.meta.url).href;
      const { parseCommandLine } = await import(options);
      // First by themselves, so that an option at their end does not take ours for its argument.
      parseCommandLine([command, ...rest], '');
      const { buildGuest } = await import('./build.js');
      await buildGuest();
      process.argv.push(...ownSystem(rest));
    }
    // The bundle does not exist when this file is type-checked.
    const bundle = new URL('../dist/node/cli.js', import.meta.url).href;
    await import(bundle);
    if (command === '--help' || command === '-h') console.log(HELP);
  }
} catch (error) {
  const known = error instanceof Error && error.name === 'UsageError';
  console.error(`diorama: ${known ? error.message : error instanceof Error ? error.stack : error}`);
  process.exitCode = known ? 2 : 4;
}

/**
 * Is nothing named that could be booted? Then it is our own system.
 * @param {string[]} words
 */
function bootsOurs(words) {
  const named = ['--kernel', '--cdrom', '--usb', '--pxe', '--bios', '--snapshot-load', '--replay', '--help', '-h'];
  const image = words.length > 0 && !words[0].startsWith('-');
  return !image && !words.some((word) => named.includes(word.split('=')[0]));
}

/**
 * @param {string[]} words What the user says of the rest stays.
 * @returns {string[]}
 */
function ownSystem(words) {
  const platform = fileURLToPath(new URL('../dist/platform/i86pc/', import.meta.url));
  const own = ['--kernel', `${platform}kernel/amd64/unix`, '--initrd', `${platform}amd64/boot_archive`];
  // The disk that our system makes its pool on: c0t0d0.
  own.push('--disk', 'mem:4G:pool');
  return words.some((word) => word.startsWith('--append')) ? own : [...own, '--append', 'console=ttya'];
}
