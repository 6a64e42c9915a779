// SPDX-License-Identifier: MIT
/** @fileoverview Dates of the Gregorian calendar, UTC. */
import { padLeft } from './text';

const MONTHS: string[] = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS: string[] = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];

export class Moment {
  year: i32;
  /** 1 to 12 */
  month: i32;
  day: i32;
  weekday: i32;
  second: i32;

  /** From seconds since 1970; years begin in March on the way, so that leap days come last. */
  constructor(seconds: u64) {
    const days = <i32>(seconds / 86400);
    this.second = <i32>(seconds % 86400);
    this.weekday = days % 7;
    const shifted = days + 719468;
    const era = shifted / 146097;
    const dayOfEra = shifted % 146097;
    const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
    const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    const m = (5 * dayOfYear + 2) / 153;
    this.day = dayOfYear - (153 * m + 2) / 5 + 1;
    this.month = m < 10 ? m + 3 : m - 9;
    this.year = era * 400 + yearOfEra + (this.month <= 2 ? 1 : 0);
  }

  get monthName(): string {
    return MONTHS[this.month - 1];
  }
  get dayName(): string {
    return DAYS[this.weekday];
  }
  /** hh:mm */
  get clock(): string {
    return two(this.second / 3600) + ':' + two((this.second / 60) % 60);
  }
  get seconds(): string {
    return two(this.second % 60);
  }
}

export function two(value: i32): string {
  return value < 10 ? '0' + value.toString() : value.toString();
}

/** As ls has it: the time of day within half a year, else the year. */
export function dateText(seconds: u64, now: u64): string {
  const moment = new Moment(seconds);
  const recent = seconds <= now + 60 && now - seconds < 15552000;
  return (
    moment.monthName + ' ' + padLeft(moment.day.toString(), 2) + ' ' + (recent ? moment.clock : ' ' + moment.year.toString())
  );
}
