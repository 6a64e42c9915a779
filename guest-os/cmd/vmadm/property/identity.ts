// SPDX-License-Identifier: MIT
/** @fileoverview Which VM it is, and what its operator calls it. */
import { isZoneName } from '../../../kernel/zone/zoneName';
import { BOOLEAN, INTEGER, Property, STRING, UUID } from './_record';

const NIL: string = '"00000000-0000-0000-0000-000000000000"';

export const IDENTITY: Property[] = [
  new Property('zonename', STRING, 'c').checked(isZoneName),
  new Property('uuid', UUID, 'c'),
  new Property('brand', STRING, 'c').needed(),
  new Property('v', INTEGER, 'r').attr('vm-version'),
  new Property('create_timestamp', STRING, 'r').attr('create-timestamp'),
  new Property('create_only', BOOLEAN, 'r'),
  new Property('image_uuid', UUID, 'c').needed().attr('dataset-uuid'),
  new Property('dataset_uuid', UUID, 'c'),
  new Property('alias', STRING, 'cu').encodedAttr('alias'),
  new Property('hostname', STRING, 'cu').attr('hostname'),
  new Property('dns_domain', STRING, 'cu').byDefault('"local"').attr('dns-domain'),
  new Property('owner_uuid', STRING, 'cu').byDefault(NIL).attr('owner-uuid'),
  new Property('billing_id', STRING, 'cu').byDefault(NIL).attr('billing-id'),
  new Property('package_name', STRING, 'cu').attr('package-name'),
  new Property('package_version', STRING, 'cu').attr('package-version'),
  new Property('do_not_inventory', BOOLEAN, 'cu').shownIfTrue().attr('do-not-inventory'),
  new Property('archive_on_delete', BOOLEAN, 'cu').shownIfTrue().attr('archive-on-delete'),
];
