// SPDX-License-Identifier: MIT
/** @fileoverview What the zone can ask for through mdata-get(1): files in the zonepath's config directory, which the metadata agent reads when it is asked. */
import { FLAT, LIST, Property } from './_record';

export const METADATA: Property[] = [
  new Property('tags', FLAT, 'c').file('tags:*'),
  new Property('customer_metadata', FLAT, 'c').file('metadata:customer_metadata'),
  new Property('internal_metadata', FLAT, 'c').file('metadata:internal_metadata'),
  new Property('internal_metadata_namespaces', LIST, 'cu').attr('internal-metadata-namespaces'),
  new Property('set_tags', FLAT, 'u'),
  new Property('set_customer_metadata', FLAT, 'u'),
  new Property('set_internal_metadata', FLAT, 'u'),
  new Property('remove_tags', LIST, 'u'),
  new Property('remove_customer_metadata', LIST, 'u'),
  new Property('remove_internal_metadata', LIST, 'u'),
];
