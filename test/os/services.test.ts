// SPDX-License-Identifier: MIT
/**
 * The service manager on our machine and on QEMU: killed services restart, those that fail stay in maintenance, dependents follow, and the
 * manager's own two processes are as mortal as any.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import { buildImage, type Image, MACHINES } from './session.ts';
import { typedBefore } from './typed.ts';

let image: Image;
beforeAll(async () => {
  image = await buildImage();
}, 300_000);
afterAll(() => image.remove());

const method = (name: string, exec: string): string =>
  `<exec_method type="method" name="${name}" exec="${exec}" timeout_seconds="9"/>`;
const manifest = (name: string, inside: string): string =>
  `<?xml version="1.0"?><service_bundle type="manifest" name="t"><service name="site/${name}" type="service" version="1">` +
  `<create_default_instance enabled="false"/>${inside}</service></service_bundle>`;
const dependency = (on: string, restartOn: string): string =>
  `<dependency name="${on}" grouping="require_all" restart_on="${restartOn}" type="service"><service_fmri value="svc:/site/${on}"/></dependency>`;
const MANIFESTS = {
  base: manifest('base', method('start', '/sbin/sh /tmp/base') + method('stop', ':kill')),
  follower: manifest('follower', dependency('base', 'error') + method('start', '/sbin/sh /tmp/good') + method('stop', ':kill')),
  distant: manifest(
    'distant',
    dependency('follower', 'restart') + method('start', '/sbin/sh /tmp/good') + method('stop', ':kill'),
  ),
};
const GOOD = 'while :; do sleep 1000; done &';
const write = (path: string, text: string): string => `echo '${text}' > ${path}`;
/** Waits until instances are in a state, whose change nobody has asked svcadm to wait for. */
const until = (service: string, state: string): string =>
  `until [ "$(svcs -H -o state ${service})" = ${state} ]; do sleep 0.1; done`;
const STATES = "svcs -H -o state,fmri 'site/*'";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are the shell's
const COMMANDS = {
  prepare: `${write('/tmp/good', GOOD)}; ${write('/tmp/base', GOOD)}`,
  base: write('/tmp/base.xml', MANIFESTS.base),
  follower: write('/tmp/follower.xml', MANIFESTS.follower),
  distant: write('/tmp/distant.xml', MANIFESTS.distant),
  imported:
    'for i in base follower distant; do svccfg import /tmp/$i.xml; done; svcadm enable -rs distant; svcadm enable follower; echo $?',
  up: STATES,
  pids: 'pid() { svcs -Hp $1 | while read a b c d; do case $a in [0-9]*) echo $b; break;; esac; done; }; a=$(pid base) b=$(pid follower) c=$(pid distant)',
  killed:
    'kill -9 $a; until n=$(pid base) && [ "$n" != "$a" ] && n=$(pid distant) && [ -n "$n" ] && [ "$n" != "$c" ]; do sleep 0.1; done; ' +
    `${until('follower', 'online')}; [ "$(pid follower)" != "$b" ] && echo followed; ${STATES}`,
  log: 'cat $(svcs -L base)',
  fails: `${write('/tmp/base', 'sleep 0.1 &')}; svcadm restart base; ${until('base', 'maintenance')}; ${until('distant', 'offline')}; ${STATES}`,
  explained: 'svcs -xv',
  cleared: `${write('/tmp/base', GOOD)}; svcadm clear base; ${until('distant', 'online')}; ${STATES}; svcs -x`,
  broken: `${write('/tmp/base', 'exit 1')}; svcadm restart base; ${until('base', 'maintenance')}; svcs -x base; svcadm enable -s base; echo $?`,
  disabled: `svcadm disable -s base; ${until('follower', 'offline')}; ${STATES}`,
  again: `${write('/tmp/base', GOOD)}; svcadm enable -st base; ${until('distant', 'online')}; svcs -l base`,
  graph: 'svcs -H -o fmri -d distant; svcs -H -o fmri -D follower',
  properties:
    'svccfg -s base addpg config application; svccfg -s base setprop config/ports = count: "(80 443)"; svcprop -p config/ports base; echo $?; ' +
    'svcadm refresh base; svcprop -p config/ports base; svccfg -s base setprop config/ports = x; echo $?',
  exported:
    'svccfg export base > /tmp/e.xml; svccfg validate /tmp/e.xml; svccfg delete -f base; svcs base; svccfg import /tmp/e.xml; svcprop -p config/ports base',
  xml: 'cat /tmp/e.xml',
  mistakes:
    'svcadm enable nosuch; echo $?; svcadm clear follower; echo $?; svccfg import /tmp/good; echo $?; svcadm frob 2>/dev/null; echo $?',
  configd:
    'p=$(ps -e | while read p t c n; do [ "$n" = svc.configd ] && echo $p; done); kill -9 $p; until svcs -H -o state follower 2>/dev/null; do sleep 0.1; done',
  startd:
    'b=$(pid utmp); p=$(ps -ef | while read u p q rest; do [ "$q" = 1 ] && [ -z "${rest##*svc.startd*}" ] && echo $p; done); kill -9 $p; sleep 1; ' +
    'until svcadm disable -s utmp && svcadm enable -s utmp; do sleep 0.1; done; [ "$(pid utmp)" != "$b" ] && echo new; svcs -H -o state console-login',
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are the shell's

describe.each(MACHINES)('on %s', (_name, type, present) => {
  const printed = typedBefore(COMMANDS, (commands) => type(image, commands), present, 300_000);
  const when = test.skipIf(!present);
  const states = (...each: string[]): string[] => each.map((state, i) => `${state} ${['base', 'follower', 'distant'][i]}`).sort();
  const seen = (name: keyof typeof COMMANDS): string[] =>
    [...printed(name).matchAll(/^(\w+)\*? +svc:\/site\/(\w+):default$/gm)]
      .map(([, state, service]) => `${state} ${service}`)
      .sort();

  when('instances start in the order of their dependencies, with those that they need', () => {
    expect(printed('imported')).toBe('0\n');
    expect(seen('up')).toEqual(states('online', 'online', 'online'));
  });
  when('a killed service restarts, and those that depend on it follow', () => {
    expect(printed('killed')).toMatch(/^followed\n/);
    expect(seen('killed')).toEqual(states('online', 'online', 'online'));
    expect(printed('log')).toMatch(
      /\[ \w+ +\d+ [\d:]+ Stopping because process received fatal signal from outside the service\. \]/,
    );
  });
  when('three fast failures put it into maintenance, and its dependents stop', () => {
    expect(seen('fails')).toEqual(states('maintenance', 'offline', 'offline'));
    expect(printed('explained')).toMatch(
      /^svc:\/site\/base:default \(\?\)\n State: maintenance since .*\nReason: Restarting too quickly\.\n/,
    );
    expect(printed('explained')).toContain(
      'Impact: 2 dependent services are not running:\n        svc:/site/distant:default\n        svc:/site/follower:default\n',
    );
  });
  when('cleared, it starts with all that depend on it', () => {
    expect(seen('cleared')).toEqual(states('online', 'online', 'online'));
    expect(printed('cleared')).not.toContain('Reason');
  });
  when('a start method that fails three times is given up', () => {
    expect(printed('broken')).toContain('Reason: Start method failed repeatedly, last exited with status 1.\n');
    expect(printed('broken')).toMatch(/is in maintenance state\.\n3\n$/);
  });
  when('what is disabled stays so; enabled for now, it comes back with its dependents', () => {
    expect(seen('disabled')).toEqual(states('disabled', 'offline', 'offline'));
    expect(printed('again')).toMatch(/^enabled +true \(temporary\)\nstate +online\nnext_state +none$/m);
  });
  when('dependencies and dependents are listed', () => {
    expect(printed('graph')).toBe('svc:/site/follower:default\nsvc:/site/distant:default\n');
  });
  when('properties count from the next refresh on, and have types', () => {
    const missing = "svcprop: Couldn't find property 'config/ports' for instance 'svc:/site/base:default'.\n1\n";
    expect(printed('properties')).toBe(`${missing}80 443\nsvccfg: "x" is not a value of type count.\n1\n`);
  });
  when('an exported service can be imported', () => {
    expect(printed('exported')).toBe("svcs: Pattern 'base' doesn't match any instances\nSTATE          STIME    FMRI\n80 443\n");
  });
  test.skipIf(!present || !haveOracles('xmllint'))('what is exported is XML for others too', () => {
    const { status, stderr } = spawnSync('xmllint', ['--noout', '-'], { input: printed('xml'), encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
  when('mistakes are told in one line', () => {
    expect(printed('mistakes')).toBe(
      "svcadm: Pattern 'nosuch' doesn't match any instances\n1\n" +
        'svcadm: Instance "svc:/site/follower:default" is not in a maintenance or degraded state.\n1\n' +
        'svccfg: /tmp/good: line 1: text outside of the root element\n1\n2\n',
    );
  });
  when('a killed repository comes back as it was', () => {
    expect(printed('configd')).toBe('online\n');
  });
  when('a killed restarter takes up where it was, and services do not notice', () => {
    expect(printed('startd')).toBe('new\nonline\n');
  });
});
