// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview `node tools/soakSnapshots.js [COUNT]`: saves our system under load at COUNT instants (1000 unless given), restores each snapshot
 * in another process, and compares the state hashes after ten million further instructions on both sides. Prints the first difference, or how
 * many agreed.
 */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildGuest, buildNode } from './build.js';

const LATER = 10_000_000;
const LOAD =
  'set +o emacs; while :; do ls -l / | sort | cat > /tmp/list; ps -ef | grep init; cat /tmp/list /tmp/list > /tmp/more; done';

/** The bundle does not exist when this file is type-checked. */
const library = () => import(new URL('../dist/node/library.js', import.meta.url).href);

if (process.argv[2] === '--other') await other();
else process.exitCode = await soak(Number(process.argv[2] ?? 1000));

/** @param {number} count */
async function soak(count) {
  await buildNode();
  await buildGuest();
  const { Machine } = await library();
  const file = join(tmpdir(), `diorama-soak-${process.pid}`);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--other', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const machine = Machine.boot({ memory: 64 * 2 ** 20 });
  await machine.console.expect(/login: $/);
  machine.console.send('root');
  await machine.console.expect(/# $/);
  machine.console.send(LOAD);
  machine.step(20_000_000);
  // A multiplicative generator (MINSTD): the same instants in every run.
  let random = 2026;
  const started = Date.now();
  try {
    for (let i = 0; i < count; i++) {
      random = (random * 48271) % 0x7fffffff;
      machine.step(1 + (random % 3_000_000));
      const at = machine.inspect().instructions;
      writeFileSync(file, machine.snapshot());
      child.stdin.write('go\n');
      machine.step(LATER);
      const here = machine.stateHash();
      const { value: there } = await answers.next();
      if (here !== there) {
        console.log(`snapshot ${i}, at instruction ${at}: ${here} here, ${there} there`);
        return 1;
      }
      if ((i + 1) % 100 === 0) console.error(`${i + 1} agree so far`);
    }
    console.log(
      `${count} snapshots agree, ${((Date.now() - started) / 1000).toFixed(0)} s, last at ${machine.inspect().instructions} instructions`,
    );
    return 0;
  } finally {
    child.kill();
    rmSync(file, { force: true });
  }
}

/** Restores the file whenever it is told to. */
async function other() {
  const { Machine } = await library();
  for await (const _ of createInterface({ input: process.stdin })) {
    const machine = Machine.restore(process.argv[3]);
    machine.step(LATER);
    console.log(machine.stateHash());
    machine.close();
  }
}
