import { describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import { Host } from './browser.ts';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const THERE = /\[root@web \S+\]# $/;
const HERE = /\[root@diorama \S+\]# $/;

describe.skipIf(!haveOracles('chromium'))('a zone on the page', () => {
  const host = new Host();

  test('is imported, configured, installed, booted, entered, halted, uninstalled and deleted', async () => {
    const tab = await host.open();
    await tab.logIn();
    await tab.ask('set +o emacs; zfs list -H -o name -r zones > /tmp/before; zoneadm list -c', /^global\r$/m, HERE);
    await tab.ask(
      'I=$(imgadm avail -H -o uuid name=minimal); imgadm import $I',
      new RegExp(`^Imported image ${UUID} \\(minimal@`, 'm'),
      HERE,
    );
    await tab.ask(`zonecfg -z web "create; set zonepath=/zones/web"; zoneadm list -cp`, /^-:web:configured:\/zones\/web:/m, HERE);
    await tab.ask('zoneadm -z web install -t $I; zoneadm list -cp', /^-:web:installed:/m, HERE);
    await tab.ask('zfs get -H -o value origin zones/web', new RegExp(`^zones/${UUID}@final\\r$`, 'm'), HERE);
    await tab.ask('zoneadm -z web boot; zoneadm list -p', /^\d+:web:running:/m, HERE);
    await tab.ask('zlogin web', /\[Connected to zone 'web' pts\/\d+\]/, THERE);
    await tab.ask('zonename; cd /; pwd; zoneadm list', /^web\r+\n\/\r+\nweb\r+$/m, THERE);
    // Its own processes are all that it sees.
    await tab.ask('ps -e -o zone | sort -u', /^ +web\r+\n +ZONE\r+$/m, THERE);
    await tab.ask('exit', /\[Connection to zone 'web' pts\/\d+ closed\]/, HERE);
    await tab.ask('zoneadm -z web halt; zoneadm list -cp; pgrep -z web; echo $?', /^-:web:installed:[^\r]*\r\n1\r$/m, HERE);
    await tab.ask('zoneadm -z web uninstall -F; zoneadm list -cp', /^-:web:configured:/m, HERE);
    await tab.ask('zonecfg -z web delete -F; zoneadm list -c', /^global\r$/m, HERE);
    await tab.ask('imgadm delete $I', new RegExp(`^Deleted image ${UUID}\\r$`, 'm'), HERE);
    await tab.ask('zfs list -H -o name -r zones | cmp - /tmp/before && echo as before', /^as before\r$/m, HERE);
    expect(tab.complaints).toEqual([]);
    await tab.close();
  });

  test("is made, entered and left by the guide's buttons", async () => {
    const tab = await host.open();
    await tab.logIn();
    const press = async (name: string, expected: RegExp) => {
      await tab.hearAnew();
      await tab.page.locator('#guide').getByRole('button', { name, exact: true }).click();
      await tab.answer(expected);
    };
    await press('a zone', /\n[\s\S]*\[root@diorama \S+\]# $/);
    await press('zlogin web', THERE);
    await press('exit', HERE);
    await tab.ask('zoneadm list', /^global\r\nweb\r$/m, HERE);
    expect(tab.complaints).toEqual([]);
    await tab.close();
  });
});
