// SPDX-License-Identifier: MIT
/** @fileoverview System call 70, tasksys: a new task in a project (settaskid, 0), the task (1), the project (2). */
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_TASKID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

/** <sys/param.h> */
const MAXPROJID: i32 = 0x7ffffffe;
let lastTask: i32 = 0;

export function tasksys(code: i32, project: i32, flags: i32): i64 {
  const process = currentProcess();
  if (code == 1) return process.task;
  if (code == 2) return process.project.id;
  if (code != 0 || project < 0 || project > MAXPROJID) return setError(EINVAL);
  if (!process.credentials.has(PRIV_PROC_TASKID)) return setError(EPERM);
  process.moveTo(process.project.zone, project);
  process.task = ++lastTask;
  return process.task;
}
