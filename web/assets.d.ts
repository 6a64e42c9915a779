// SPDX-License-Identifier: MIT
/** What Vite makes importable besides modules. */
declare module '*.css';
