// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about modes of terminals: line editing, echo, output, raw reads; and about the ends of either side. */
import { buffer, child, pauseFor, readText, requirement, writeText } from '../../harness';
import * as sys from '../../system/system';
import { LOCAL, change, shown, terminal } from './terminal';

requirement('tcgetattr: ENOTTY for what is no terminal', () => {
  sys.pipe();
  return sys.tcgetattr(sys.pipeRead) == -sys.ENOTTY;
});
requirement('tcgetattr: EBADF for what is no descriptor', () => sys.tcgetattr(77) == -sys.EBADF);
requirement('tcsetattr: what was set is told', () => {
  if (!terminal()) return false;
  change(0, 0, sys.ICANON);
  sys.setFlags(9, 9, 9);
  return sys.tcgetattr(sys.slave) == 0 && sys.localFlags == sys.ICANON && sys.inputFlags == 0 && sys.outputFlags == 0;
});
requirement('canonical: a line is read when it is complete', () => {
  if (!terminal()) return false;
  sys.fcntl(sys.slave, sys.F_SETFL, sys.O_NONBLOCK);
  writeText(sys.master, 'abc');
  const before = readText(sys.slave).startsWith('!');
  writeText(sys.master, 'd\n');
  return before && readText(sys.slave) == 'abcd\n';
});
requirement('canonical: a read gives one line', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'one\ntwo\n');
  return readText(sys.slave) == 'one\n' && readText(sys.slave) == 'two\n';
});
requirement('canonical: a short read leaves the rest of the line', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abcdef\n');
  return readText(sys.slave, 2) == 'ab' && readText(sys.slave) == 'cdef\n';
});
requirement('canonical: VERASE takes the last character back', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abx\x7fc\n');
  return readText(sys.slave) == 'abc\n';
});
requirement('canonical: VKILL takes the line back', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abc\x15d\n');
  return readText(sys.slave) == 'd\n';
});
requirement('canonical: VEOF at the start of a line is the end', () => {
  if (!terminal()) return false;
  writeText(sys.master, '\x04');
  return sys.read(sys.slave, buffer, 10) == 0;
});
requirement('canonical: VEOF behind characters gives them without a newline', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abc\x04');
  return readText(sys.slave) == 'abc';
});
requirement('ICRNL: a carriage return is a newline', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abc\r');
  return readText(sys.slave) == 'abc\n';
});
requirement('IGNCR: a carriage return is nothing', () => {
  if (!terminal()) return false;
  change(sys.IGNCR, sys.OPOST, LOCAL);
  writeText(sys.master, 'a\rb\n');
  return readText(sys.slave) == 'ab\n';
});
requirement('INLCR: a newline is a carriage return', () => {
  if (!terminal()) return false;
  change(sys.INLCR, 0, sys.ISIG);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 1;
  sys.controls[sys.VTIME] = 0;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  writeText(sys.master, 'a\n');
  return readText(sys.slave) == 'a\r';
});
requirement('ECHO: what is typed is shown', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'abc');
  return shown() == 'abc';
});
requirement('ECHO: a newline is shown as two characters with ONLCR', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'a\n');
  return shown() == 'a\r\n';
});
requirement('ECHO off: nothing is shown', () => {
  if (!terminal()) return false;
  change(sys.ICRNL, sys.OPOST | sys.ONLCR, sys.ICANON | sys.ISIG);
  writeText(sys.master, 'abc\n');
  return shown() == '' && readText(sys.slave) == 'abc\n';
});
requirement('ECHONL: a newline is shown without ECHO', () => {
  if (!terminal()) return false;
  change(sys.ICRNL, sys.OPOST | sys.ONLCR, sys.ICANON | sys.ECHONL);
  writeText(sys.master, 'abc\n');
  return shown() == '\r\n';
});
requirement('ECHOE: erasing is shown', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'ab\x7f');
  return shown() == 'ab\b \b';
});
requirement('ONLCR: a newline is written as two characters', () => {
  if (!terminal()) return false;
  writeText(sys.slave, 'a\nb');
  return shown() == 'a\r\nb';
});
requirement('OPOST off: output is written as it is', () => {
  if (!terminal()) return false;
  change(sys.ICRNL, 0, LOCAL);
  writeText(sys.slave, 'a\nb');
  return shown() == 'a\nb';
});
requirement('raw: VMIN 1 gives each character', () => {
  if (!terminal()) return false;
  change(0, 0, 0);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 1;
  sys.controls[sys.VTIME] = 0;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  writeText(sys.master, 'a');
  return readText(sys.slave) == 'a';
});
requirement('raw: VMIN 0 and VTIME 0 do not wait', () => {
  if (!terminal()) return false;
  change(0, 0, 0);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 0;
  sys.controls[sys.VTIME] = 0;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  return sys.read(sys.slave, buffer, 10) == 0;
});
requirement('raw: VTIME ends a read that nothing came for', () => {
  if (!terminal()) return false;
  change(0, 0, 0);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 0;
  sys.controls[sys.VTIME] = 1;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  const before = sys.clockTime(sys.CLOCK_MONOTONIC);
  return sys.read(sys.slave, buffer, 10) == 0 && sys.clockTime(sys.CLOCK_MONOTONIC) - before >= 90000000;
});
requirement('raw: VMIN 3 waits for three characters', () => {
  if (!terminal()) return false;
  change(0, 0, 0);
  sys.tcgetattr(sys.slave);
  sys.controls[sys.VMIN] = 3;
  sys.controls[sys.VTIME] = 0;
  sys.tcsetattr(sys.slave, sys.TCSANOW);
  writeText(sys.master, 'ab');
  child(() => {
    pauseFor(20);
    return <i32>writeText(sys.master, 'c');
  });
  return readText(sys.slave) == 'abc';
});
requirement('TCSAFLUSH: discards what was not read', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'gone\n');
  // A busy Linux takes its time to bring it over.
  sys.poll(sys.slave, sys.POLLIN, 10000);
  sys.tcgetattr(sys.slave);
  sys.tcsetattr(sys.slave, sys.TCSAFLUSH);
  writeText(sys.master, 'here\n');
  return readText(sys.slave) == 'here\n';
});
requirement('tcflush: discards input', () => {
  if (!terminal()) return false;
  writeText(sys.master, 'gone\n');
  // A busy Linux takes its time to bring it over.
  sys.poll(sys.slave, sys.POLLIN, 10000);
  sys.tcflush(sys.slave, 0);
  writeText(sys.master, 'here\n');
  return readText(sys.slave) == 'here\n';
});
requirement('window: the size that was set is told', () => {
  if (!terminal()) return false;
  return sys.setWindow(sys.master, 33, 99) == 0 && sys.getWindow(sys.slave) == ((33 << 16) | 99);
});
requirement("master: the end of the slave's side is seen", () => {
  if (!terminal()) return false;
  sys.close(sys.slave);
  return sys.read(sys.master, buffer, 1) <= 0;
});
requirement('slave: reads 0 when the master is gone', () => {
  if (!terminal()) return false;
  sys.close(sys.master);
  return sys.read(sys.slave, buffer, 1) == 0;
});
