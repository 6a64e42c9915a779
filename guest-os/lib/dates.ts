// SPDX-License-Identifier: MIT
/** @fileoverview Dates of the Gregorian calendar, UTC, to text by strftime's letters and back. */
import { padLeft, parseNumber } from './text';

const MONTHS: string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS: string[] = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const LENGTHS: StaticArray<i32> = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isLeapYear(year: i32): bool {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
export function daysInMonth(year: i32, month: i32): i32 {
  return month == 2 && isLeapYear(year) ? 29 : LENGTHS[month - 1];
}

export class Moment {
  year: i32;
  /** 1 to 12 */
  month: i32;
  day: i32;
  /** 0: Sunday */
  weekday: i32;
  /** Of the day. */
  second: i32;

  /** From seconds since 1970; years begin in March on the way, so that leap days come last. */
  constructor(readonly time: i64) {
    const second = time % 86400;
    this.second = <i32>(second < 0 ? second + 86400 : second);
    const days = <i32>((time - this.second) / 86400);
    this.weekday = (((days + 4) % 7) + 7) % 7;
    const shifted = days + 719468;
    const era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const dayOfEra = shifted - era * 146097;
    const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
    const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    const m = (5 * dayOfYear + 2) / 153;
    this.day = dayOfYear - (153 * m + 2) / 5 + 1;
    this.month = m < 10 ? m + 3 : m - 9;
    this.year = era * 400 + yearOfEra + (this.month <= 2 ? 1 : 0);
  }

  get monthName(): string {
    return MONTHS[this.month - 1].substring(0, 3);
  }
  get dayName(): string {
    return DAYS[this.weekday].substring(0, 3);
  }
  get hour(): i32 {
    return this.second / 3600;
  }
  get minute(): i32 {
    return (this.second / 60) % 60;
  }
  /** hh:mm */
  get clock(): string {
    return two(this.hour) + ':' + two(this.minute);
  }
  get seconds(): string {
    return two(this.second % 60);
  }
  /** 0: the first of January. */
  get dayOfYear(): i32 {
    return <i32>((this.time - this.second - secondsOf(this.year, 1, 1, 0, 0, 0)) / 86400);
  }
}

/** Seconds since 1970. */
export function secondsOf(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32): i64 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  const days = <i64>era * 146097 + <i64>dayOfEra - 719468;
  const seconds = hour * 3600 + minute * 60 + second;
  return days * 86400 + <i64>seconds;
}

export function two(value: i32): string {
  return value < 10 ? '0' + value.toString() : value.toString();
}

/** As ls has it: the time of day within half a year, else the year. */
export function dateText(seconds: i64, now: i64): string {
  const moment = new Moment(seconds);
  const recent = seconds <= now && now - seconds < 15778476;
  return (
    moment.monthName + ' ' + padLeft(moment.day.toString(), 2) + ' ' + (recent ? moment.clock : ' ' + moment.year.toString())
  );
}

/** ISO 8601: the week's year and number. */
function isoWeek(moment: Moment, wantYear: bool): i32 {
  const fromMonday = (moment.weekday + 6) % 7;
  // The week's Thursday says which year it belongs to.
  const thursday = new Moment(moment.time - moment.second + <i64>(3 - fromMonday) * 86400);
  return wantYear ? thursday.year : thursday.dayOfYear / 7 + 1;
}

/** strftime(3C) in the C locale, with N for nanoseconds; a flag -, 0 or _ changes the padding. */
export function formatDate(format: string, seconds: i64, nanoseconds: u32 = 0): string {
  const moment = new Moment(seconds);
  let text = '';
  for (let i = 0; i < format.length; i++) {
    if (format.charAt(i) != '%' || i + 1 == format.length) {
      text += format.charAt(i);
      continue;
    }
    let flag = '';
    let letter = format.charAt(++i);
    while ('-_0^'.includes(letter) && i + 1 < format.length) {
      flag = letter;
      letter = format.charAt(++i);
    }
    if ((letter == 'E' || letter == 'O') && i + 1 < format.length) letter = format.charAt(++i);
    text += one(moment, letter, flag, nanoseconds);
  }
  return text;
}

function padded(value: i32, width: i32, flag: string, usual: string): string {
  const fill = flag == '_' ? ' ' : flag == '0' ? '0' : usual;
  const digits = value.toString();
  return flag == '-' || digits.length >= width ? digits : fill.repeat(width - digits.length) + digits;
}

function one(moment: Moment, letter: string, flag: string, nanoseconds: u32): string {
  const hour = moment.hour;
  const upper = flag == '^';
  let name = '';
  switch (letter) {
    case '%':
      return '%';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'a':
      name = moment.dayName;
      return upper ? name.toUpperCase() : name;
    case 'A':
      name = DAYS[moment.weekday];
      return upper ? name.toUpperCase() : name;
    case 'b':
    case 'h':
      name = moment.monthName;
      return upper ? name.toUpperCase() : name;
    case 'B':
      name = MONTHS[moment.month - 1];
      return upper ? name.toUpperCase() : name;
    case 'c':
      return formatDate('%a %b %e %H:%M:%S %Y', moment.time);
    case 'C':
      return padded(moment.year / 100, 2, flag, '0');
    case 'd':
      return padded(moment.day, 2, flag, '0');
    case 'D':
    case 'x':
      return formatDate('%m/%d/%y', moment.time);
    case 'e':
      return padded(moment.day, 2, flag, ' ');
    case 'F':
      return formatDate('%Y-%m-%d', moment.time);
    case 'g':
      return padded(isoWeek(moment, true) % 100, 2, flag, '0');
    case 'G':
      return isoWeek(moment, true).toString();
    case 'H':
      return padded(hour, 2, flag, '0');
    case 'I':
      return padded(hour % 12 ? hour % 12 : 12, 2, flag, '0');
    case 'j':
      return padded(moment.dayOfYear + 1, 3, flag, '0');
    case 'k':
      return padded(hour, 2, flag, ' ');
    case 'l':
      return padded(hour % 12 ? hour % 12 : 12, 2, flag, ' ');
    case 'm':
      return padded(moment.month, 2, flag, '0');
    case 'M':
      return padded(moment.minute, 2, flag, '0');
    case 'N':
      return nanoseconds.toString().padStart(9, '0');
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'P':
      return hour < 12 ? 'am' : 'pm';
    case 'r':
      return formatDate('%I:%M:%S %p', moment.time);
    case 'R':
      return formatDate('%H:%M', moment.time);
    case 's':
      return moment.time.toString();
    case 'S':
      return padded(moment.second % 60, 2, flag, '0');
    case 'T':
    case 'X':
      return formatDate('%H:%M:%S', moment.time);
    case 'u':
      return (moment.weekday ? moment.weekday : 7).toString();
    case 'U':
      return padded((moment.dayOfYear + 7 - moment.weekday) / 7, 2, flag, '0');
    case 'V':
      return padded(isoWeek(moment, false), 2, flag, '0');
    case 'w':
      return moment.weekday.toString();
    case 'W':
      return padded((moment.dayOfYear + 7 - ((moment.weekday + 6) % 7)) / 7, 2, flag, '0');
    case 'y':
      return padded(moment.year % 100, 2, flag, '0');
    case 'Y':
      return moment.year.toString();
    case 'z':
      return '+0000';
    case 'Z':
      return 'UTC';
  }
  return '%' + letter;
}

/** What {@link parseDate} gives for text that is no date. */
export const NO_DATE: i64 = i64.MIN_VALUE;

function field(text: string, at: i32, count: i32): i32 {
  return at + count > text.length ? -1 : <i32>parseNumber(text.substring(at, at + count));
}

function checked(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32): i64 {
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return NO_DATE;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return NO_DATE;
  return secondsOf(year, month, day, hour, minute, second);
}

/** `[[CC]YY]MMDDhhmm[.SS]`, as touch -t has it. */
export function parseStamp(text: string, now: i64): i64 {
  const dot = text.indexOf('.');
  const digits = dot < 0 ? text : text.substring(0, dot);
  const second = dot < 0 ? 0 : field(text, dot + 1, text.length - dot - 1);
  if (dot >= 0 && text.length - dot != 3) return NO_DATE;
  let year = new Moment(now).year;
  let at = 0;
  if (digits.length == 12) {
    year = field(digits, 0, 4);
    at = 4;
  } else if (digits.length == 10) {
    year = field(digits, 0, 2);
    if (year >= 0) year += year < 69 ? 2000 : 1900;
    at = 2;
  } else if (digits.length != 8) return NO_DATE;
  return checked(
    year,
    field(digits, at, 2),
    field(digits, at + 2, 2),
    field(digits, at + 4, 2),
    field(digits, at + 6, 2),
    second,
  );
}

/** `YYYY-MM-DD[{T| }hh:mm[:ss]][Z]`, `@seconds`, `now`, `today`, `yesterday`, `tomorrow`, or `N UNIT[s] [ago]`, joined in that order. */
export function parseDate(text: string, now: i64): i64 {
  const words = text.trim().split(' ');
  let time = now;
  let at = 0;
  const first = words[0];
  if (first.startsWith('@')) {
    const value = parseNumber(first.substring(first.startsWith('@-') ? 2 : 1));
    if (value < 0) return NO_DATE;
    time = first.startsWith('@-') ? -value : value;
    at = 1;
  } else if (first.length >= 10 && first.charAt(4) == '-' && first.charAt(7) == '-') {
    let clock = '';
    at = 1;
    if (first.length > 10 && first.charAt(10) == 'T') clock = first.substring(11);
    else if (words.length > 1 && words[1].includes(':')) clock = words[at++];
    if (clock.endsWith('Z')) clock = clock.substring(0, clock.length - 1);
    const parts = clock.length ? clock.split(':') : ['0', '0'];
    if (parts.length < 2 || parts.length > 3) return NO_DATE;
    const dot = parts.length > 2 ? parts[2].indexOf('.') : -1;
    const second = parts.length > 2 ? parseNumber(dot < 0 ? parts[2] : parts[2].substring(0, dot)) : 0;
    time = checked(
      field(first, 0, 4),
      field(first, 5, 2),
      field(first, 8, 2),
      <i32>parseNumber(parts[0]),
      <i32>parseNumber(parts[1]),
      <i32>second,
    );
    if (time == NO_DATE) return NO_DATE;
    if (at < words.length && (words[at] == 'UTC' || words[at] == 'GMT' || words[at] == '+0000')) at++;
  } else if (first.includes(':') && first.length >= 4) {
    const parts = first.split(':');
    const today = new Moment(now);
    const second = parts.length > 2 ? parseNumber(parts[2]) : 0;
    time = checked(today.year, today.month, today.day, <i32>parseNumber(parts[0]), <i32>parseNumber(parts[1]), <i32>second);
    if (time == NO_DATE) return NO_DATE;
    at = 1;
  }
  for (; at < words.length; at++) {
    const word = words[at];
    if (!word.length || word == 'now' || word == 'today') continue;
    if (word == 'yesterday') time -= 86400;
    else if (word == 'tomorrow') time += 86400;
    else {
      const negative = word.startsWith('-');
      const value = parseNumber(negative || word.startsWith('+') ? word.substring(1) : word);
      if (value < 0 || ++at >= words.length) return NO_DATE;
      const ago = at + 1 < words.length && words[at + 1] == 'ago';
      time = shifted(time, negative != ago ? -value : value, words[at]);
      if (time == NO_DATE) return NO_DATE;
      if (ago) at++;
    }
  }
  return time;
}

function shifted(time: i64, count: i64, unit: string): i64 {
  const name = unit.endsWith('s') ? unit.substring(0, unit.length - 1) : unit;
  if (name == 'second' || name == 'sec') return time + count;
  if (name == 'minute' || name == 'min') return time + count * 60;
  if (name == 'hour') return time + count * 3600;
  if (name == 'day') return time + count * 86400;
  if (name == 'week') return time + count * 604800;
  if (name != 'month' && name != 'year') return NO_DATE;
  const moment = new Moment(time);
  const months = moment.year * 12 + moment.month - 1 + <i32>(name == 'year' ? 12 * count : count);
  return secondsOf(months / 12, (months % 12) + 1, moment.day, 0, 0, 0) + moment.second;
}
