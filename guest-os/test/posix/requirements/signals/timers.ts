// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about alarm and timers that send signals. */
import { arrivals, bit, handle, pauseFor, requirement, soon, whenSignalled } from '../../harness';
import * as sys from '../../system/system';

let shared: i32 = 0;
let timer: i32 = 0;

requirement('alarm: the seconds left are given', () => sys.alarm(20) == 10 && sys.alarm(0) == 20 && sys.alarm(0) == 0);
requirement('alarm: SIGALRM after that time', () => {
  handle(sys.SIGALRM);
  const before = sys.clockTime(sys.CLOCK_MONOTONIC);
  sys.alarm(1);
  sys.pause();
  return arrivals[sys.SIGALRM] == 1 && sys.clockTime(sys.CLOCK_MONOTONIC) - before >= 990000000;
});
requirement('setitimer: goes off again and again', () => {
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 10000, 10000);
  return soon(() => arrivals[sys.SIGALRM] >= 3);
});
requirement('setitimer: once without an interval', () => {
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 10000, 0);
  pauseFor(40);
  pauseFor(20);
  return arrivals[sys.SIGALRM] == 1;
});
requirement('setitimer: 0 stops it', () => {
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  sys.setitimer(sys.ITIMER_REAL, 0, 0);
  pauseFor(40);
  return arrivals[sys.SIGALRM] == 0;
});
requirement('getitimer: what is left, and the interval', () => {
  sys.setitimer(sys.ITIMER_REAL, 5000000, 7000000);
  sys.getitimer(sys.ITIMER_REAL);
  return sys.timerLeft > 4000000 && sys.timerLeft <= 5000000 && sys.timerInterval == 7000000;
});
requirement('setitimer: EINVAL for what is no timer', () => sys.setitimer(9, 1000, 0) == -sys.EINVAL);
requirement('setitimer: EINVAL for a million microseconds', () => sys.setitimerRaw(sys.ITIMER_REAL, 0, 1000000) == -sys.EINVAL);
requirement('setitimer: alarm and ITIMER_REAL are one', () => {
  sys.alarm(9);
  sys.getitimer(sys.ITIMER_REAL);
  return sys.timerLeft > 8000000;
});
requirement('setitimer: ITIMER_VIRTUAL counts user time', () => {
  handle(sys.SIGVTALRM);
  sys.setitimer(sys.ITIMER_VIRTUAL, 20000, 0);
  pauseFor(50);
  const asleep = arrivals[sys.SIGVTALRM];
  for (let i = 0; i < 4000 && !arrivals[sys.SIGVTALRM]; i++) for (let k = 0; k < 100000; k++) shared += k;
  return asleep == 0 && arrivals[sys.SIGVTALRM] == 1;
});
requirement('setitimer: ITIMER_PROF counts processor time', () => {
  handle(sys.SIGPROF);
  sys.setitimer(sys.ITIMER_PROF, 20000, 0);
  for (let i = 0; i < 4000 && !arrivals[sys.SIGPROF]; i++) for (let k = 0; k < 100000; k++) shared += k;
  return arrivals[sys.SIGPROF] == 1;
});
requirement('timer_create: the signal and its value', () => {
  handle(sys.SIGUSR1, sys.SA_SIGINFO);
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 77);
  sys.timer_settime(timer, 0, 10000000, 0);
  return timer >= 0 && soon(() => arrivals[sys.SIGUSR1] == 1) && sys.infoValue == 77 && sys.infoCode == sys.SI_TIMER;
});
requirement('timer_settime: goes off again and again', () => {
  handle(sys.SIGUSR1);
  const timer = <i32>sys.timer_create(sys.CLOCK_MONOTONIC, sys.SIGUSR1, 0);
  sys.timer_settime(timer, 0, 10000000, 10000000);
  return soon(() => arrivals[sys.SIGUSR1] >= 3);
});
requirement('timer_settime: an absolute time', () => {
  handle(sys.SIGUSR1);
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  sys.timer_settime(timer, sys.TIMER_ABSTIME, sys.clockTime(sys.CLOCK_REALTIME) + 20000000, 0);
  return soon(() => arrivals[sys.SIGUSR1] == 1);
});
requirement('timer_settime: an absolute time that has passed goes off at once', () => {
  handle(sys.SIGUSR1);
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  sys.timer_settime(timer, sys.TIMER_ABSTIME, 1000000000, 0);
  return soon(() => arrivals[sys.SIGUSR1] == 1);
});
requirement('timer_gettime: what is left', () => {
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  sys.timer_settime(timer, 0, 5000000000, 3000000000);
  sys.timer_gettime(timer);
  return sys.timerLeft > 4000000000 && sys.timerLeft <= 5000000000 && sys.timerInterval == 3000000000;
});
requirement('timer_getoverrun: expirations while the signal waits', () => {
  shared = -1;
  // In the handler: on a slow machine the next expiration is there before anything else can be asked.
  whenSignalled((signal) => {
    if (shared < 0) shared = <i32>sys.timer_getoverrun(timer);
  });
  handle(sys.SIGUSR1);
  sys.sigprocmask(sys.SIG_BLOCK, bit(sys.SIGUSR1));
  timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  sys.timer_settime(timer, 0, 5000000, 5000000);
  pauseFor(60);
  sys.sigprocmask(sys.SIG_UNBLOCK, bit(sys.SIGUSR1));
  return shared >= 3;
});
requirement('timer_delete: then it is EINVAL', () => {
  const timer = <i32>sys.timer_create(sys.CLOCK_REALTIME, sys.SIGUSR1, 0);
  return sys.timer_delete(timer) == 0 && sys.timer_gettime(timer) == -sys.EINVAL;
});
requirement('timer_create: EINVAL for what is no clock', () => sys.timer_create(12345, sys.SIGUSR1, 0) == -sys.EINVAL);
