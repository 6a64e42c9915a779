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

  test('is a VM: created, started, entered, updated, snapshotted, stopped and deleted by vmadm', async () => {
    const uuid = '6f4a0b7e-5d3c-4c59-9a55-1d0f4a2f6a10';
    const vm = new RegExp(`\\[root@${uuid} \\S+\\]# $`);
    const payload = { uuid, brand: 'joyent-minimal', alias: 'web', ram: 64, quota: 1, autoboot: false };
    const tab = await host.open();
    await tab.logIn();
    await tab.ask('set +o emacs; vmadm list', /^UUID +TYPE +RAM +STATE +ALIAS\r\n\[/m, HERE);
    await tab.ask(
      'I=$(imgadm avail -H -o uuid name=minimal); imgadm import -q $I; zfs list -H -o name -r zones > /tmp/before',
      HERE,
      HERE,
    );
    await tab.ask(
      `echo '${JSON.stringify(payload)}' | json -e "this.image_uuid='$I'" | vmadm create`,
      new RegExp(`^Successfully created VM ${uuid}\\r$`, 'm'),
      HERE,
    );
    await tab.ask('vmadm list', new RegExp(`^${uuid} +OS +64 +stopped +web\\r$`, 'm'), HERE);
    await tab.ask(`vmadm start ${uuid}`, new RegExp(`^Successfully started VM ${uuid}\\r$`, 'm'), HERE);
    await tab.ask('vmadm list -H -o state,alias', /^running +web\r$/m, HERE);
    await tab.ask(`zlogin ${uuid}`, new RegExp(`^\\[Connected to zone '${uuid}' pts/\\d+\\]\\r$`, 'm'), vm);
    await tab.ask('zonename; mdata-get sdc:alias; echo one > /root/f', new RegExp(`^${uuid}\\r\\nweb\\r$`, 'm'), vm);
    await tab.ask('exit', /^\[Connection to zone '[^']+' pts\/\d+ closed\]\r$/m, HERE);
    await tab.ask(
      `vmadm update ${uuid} quota=2 alias=site; vmadm get ${uuid} | json alias quota`,
      /^Successfully updated VM .*\r\nsite\r\n2\r$/m,
      HERE,
    );
    await tab.ask(
      `vmadm create-snapshot ${uuid} s; echo two > /zones/${uuid}/root/root/f; vmadm rollback-snapshot ${uuid} s; cat /zones/${uuid}/root/root/f`,
      /^Rolled back snapshot s for VM .*\r\none\r$/m,
      HERE,
    );
    await tab.ask(`vmadm stop ${uuid}`, new RegExp(`^Successfully completed stop for VM ${uuid}\\r$`, 'm'), HERE);
    await tab.ask(`vmadm delete ${uuid}`, new RegExp(`^Successfully deleted VM ${uuid}\\r$`, 'm'), HERE);
    await tab.ask(
      'vmadm list -H | wc -l; zoneadm list -c; zfs list -H -o name -r zones | cmp - /tmp/before && echo as before',
      /^ *0\r\nglobal\r\nas before\r$/m,
      HERE,
    );
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
