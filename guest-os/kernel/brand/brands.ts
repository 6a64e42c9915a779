// SPDX-License-Identifier: MIT
/** @fileoverview The brands that there are. What zoneadm knows of them is in /usr/lib/brand. */
import { registerBrand } from './brand';
import { NativeBrand } from './nativeBrand';

export function registerBrands(): void {
  registerBrand(new NativeBrand('native'));
  // To the kernel they are the same: they differ in images and services.
  registerBrand(new NativeBrand('joyent'));
  registerBrand(new NativeBrand('joyent-minimal'));
}
