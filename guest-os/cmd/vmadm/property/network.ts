// SPDX-License-Identifier: MIT
/** @fileoverview The network as the zone will have it: kept and validated, until there is one. payload/_nics.ts has what concerns several interfaces. */
import { isAddress, isMac } from '../payload/_addresses';
import { BOOLEAN, FLAT, INTEGER, LIST, OBJECTS, Property, STRING, UUID } from './_record';

function isClientId(text: string): bool {
  if (!text.startsWith('0x') || text.length < 3) return false;
  for (let i = 2; i < text.length; i++) {
    const c = text.charCodeAt(i) | 0x20;
    if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return true;
}
function isInterface(text: string): bool {
  if (text.length < 4 || !text.startsWith('net')) return false;
  for (let i = 3; i < text.length; i++) if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return false;
  return true;
}

export const NETWORK: Property[] = [
  new Property('resolvers', LIST, 'cu').checked(isAddress).attr('resolvers'),
  new Property('maintain_resolvers', BOOLEAN, 'cu').shownIfTrue().attr('maintain-resolvers'),
  new Property('firewall_enabled', BOOLEAN, 'cu').shownIfTrue().attr('firewall-enabled'),
  new Property('nics', OBJECTS, 'c').membersAre('nics'),
  new Property('add_nics', OBJECTS, 'u').membersAre('nics'),
  new Property('update_nics', OBJECTS, 'u').membersAre('nics'),
  new Property('remove_nics', LIST, 'u'),
  new Property('routes', FLAT, 'c').file('routes:*'),
  new Property('set_routes', FLAT, 'u'),
  new Property('remove_routes', LIST, 'u'),
  new Property('nics.*.interface', STRING, 'au').checked(isInterface),
  new Property('nics.*.mac', STRING, 'au').checked(isMac),
  new Property('nics.*.vlan_id', INTEGER, 'au').from(0, 4095),
  new Property('nics.*.nic_tag', STRING, 'au'),
  new Property('nics.*.gateway', STRING, 'au'),
  new Property('nics.*.gateways', LIST, 'au'),
  new Property('nics.*.netmask', STRING, 'au'),
  new Property('nics.*.ip', STRING, 'au'),
  new Property('nics.*.ips', LIST, 'au'),
  new Property('nics.*.network_uuid', UUID, 'au'),
  new Property('nics.*.mtu', INTEGER, 'au').from(576, 9000),
  new Property('nics.*.primary', BOOLEAN, 'au'),
  new Property('nics.*.vrrp_vrid', INTEGER, 'au').from(0, 255),
  new Property('nics.*.vrrp_primary_ip', STRING, 'au'),
  new Property('nics.*.allowed_ips', LIST, 'au'),
  new Property('nics.*.allowed_dhcp_cids', LIST, 'au').checked(isClientId),
  new Property('nics.*.blocked_outgoing_ports', LIST, 'au'),
  new Property('nics.*.dhcp_server', BOOLEAN, 'au'),
  new Property('nics.*.allow_dhcp_spoofing', BOOLEAN, 'au'),
  new Property('nics.*.allow_ip_spoofing', BOOLEAN, 'au'),
  new Property('nics.*.allow_mac_spoofing', BOOLEAN, 'au'),
  new Property('nics.*.allow_restricted_traffic', BOOLEAN, 'au'),
];
