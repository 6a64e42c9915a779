// SPDX-License-Identifier: MIT
/**
 * @fileoverview Privileges, by illumos's names and meanings (privileges(7)), and sets of them.
 *
 * A number here is a bit in a set; programs learn the numbers from privsys's PRIVSYS_GETIMPLINFO and otherwise use names. Sets are two words.
 */
export const PRIV_CONTRACT_EVENT: i32 = 0;
export const PRIV_FILE_CHOWN: i32 = 7;
export const PRIV_FILE_CHOWN_SELF: i32 = 8;
export const PRIV_FILE_DAC_EXECUTE: i32 = 9;
export const PRIV_FILE_DAC_READ: i32 = 10;
export const PRIV_FILE_DAC_SEARCH: i32 = 11;
export const PRIV_FILE_DAC_WRITE: i32 = 12;
export const PRIV_FILE_LINK_ANY: i32 = 15;
export const PRIV_FILE_OWNER: i32 = 16;
export const PRIV_FILE_READ: i32 = 17;
export const PRIV_FILE_SETID: i32 = 18;
export const PRIV_FILE_WRITE: i32 = 20;
export const PRIV_IPC_DAC_READ: i32 = 24;
export const PRIV_IPC_DAC_WRITE: i32 = 25;
export const PRIV_IPC_OWNER: i32 = 26;
export const PRIV_PROC_CHROOT: i32 = 36;
export const PRIV_PROC_CLOCK_HIGHRES: i32 = 37;
export const PRIV_PROC_EXEC: i32 = 38;
export const PRIV_PROC_FORK: i32 = 39;
export const PRIV_PROC_INFO: i32 = 40;
export const PRIV_PROC_LOCK_MEMORY: i32 = 41;
export const PRIV_PROC_OWNER: i32 = 42;
export const PRIV_PROC_PRIOCNTL: i32 = 43;
export const PRIV_PROC_PRIOUP: i32 = 44;
export const PRIV_PROC_SECFLAGS: i32 = 45;
export const PRIV_PROC_SESSION: i32 = 46;
export const PRIV_PROC_SETID: i32 = 47;
export const PRIV_PROC_TASKID: i32 = 48;
export const PRIV_PROC_ZONE: i32 = 49;
export const PRIV_NET_ACCESS: i32 = 28;
export const PRIV_SYS_ADMIN: i32 = 52;
export const PRIV_SYS_CONFIG: i32 = 53;
export const PRIV_SYS_IPC_CONFIG: i32 = 59;
export const PRIV_SYS_MOUNT: i32 = 62;
export const PRIV_SYS_RES_CONFIG: i32 = 67;
export const PRIV_SYS_RESOURCE: i32 = 68;
export const PRIV_SYS_TIME: i32 = 73;

/** In the order of their numbers. */
export const PRIVILEGES: StaticArray<string> = [
  'contract_event',
  'contract_identity',
  'contract_observer',
  'cpc_cpu',
  'dtrace_kernel',
  'dtrace_proc',
  'dtrace_user',
  'file_chown',
  'file_chown_self',
  'file_dac_execute',
  'file_dac_read',
  'file_dac_search',
  'file_dac_write',
  'file_downgrade_sl',
  'file_flag_set',
  'file_link_any',
  'file_owner',
  'file_read',
  'file_setid',
  'file_upgrade_sl',
  'file_write',
  'graphics_access',
  'graphics_map',
  'hyprlofs_control',
  'ipc_dac_read',
  'ipc_dac_write',
  'ipc_owner',
  'net_bindmlp',
  'net_access',
  'net_icmpaccess',
  'net_mac_aware',
  'net_mac_implicit',
  'net_observability',
  'net_privaddr',
  'net_rawaccess',
  'proc_audit',
  'proc_chroot',
  'proc_clock_highres',
  'proc_exec',
  'proc_fork',
  'proc_info',
  'proc_lock_memory',
  'proc_owner',
  'proc_priocntl',
  'proc_prioup',
  'proc_secflags',
  'proc_session',
  'proc_setid',
  'proc_taskid',
  'proc_zone',
  'sys_acct',
  'sys_audit',
  'sys_admin',
  'sys_config',
  'sys_devices',
  'sys_dl_config',
  'sys_flow_config',
  'sys_fs_import',
  'sys_ip_config',
  'sys_ipc_config',
  'sys_iptun_config',
  'sys_linkdir',
  'sys_mount',
  'sys_net_config',
  'sys_nfs',
  'sys_ppp_config',
  'sys_res_bind',
  'sys_res_config',
  'sys_resource',
  'sys_share',
  'sys_smb',
  'sys_suser_compat',
  'sys_trans_label',
  'sys_time',
  'virt_manage',
  'xvm_control',
];

export class PrivilegeSet {
  constructor(
    readonly low: u64,
    readonly high: u64,
  ) {}

  has(privilege: i32): bool {
    const word = privilege < 64 ? this.low : this.high;
    return ((word >> (<u64>privilege & 63)) & 1) != 0;
  }
  includes(other: PrivilegeSet): bool {
    return (other.low & ~this.low) == 0 && (other.high & ~this.high) == 0;
  }
  and(other: PrivilegeSet): PrivilegeSet {
    return new PrivilegeSet(this.low & other.low, this.high & other.high);
  }
  or(other: PrivilegeSet): PrivilegeSet {
    return new PrivilegeSet(this.low | other.low, this.high | other.high);
  }
  without(other: PrivilegeSet): PrivilegeSet {
    return new PrivilegeSet(this.low & ~other.low, this.high & ~other.high);
  }
}

function setOf(numbers: i32[]): PrivilegeSet {
  let low: u64 = 0;
  let high: u64 = 0;
  for (let i = 0; i < numbers.length; i++) {
    const mask = (<u64>1) << (<u64>numbers[i] & 63);
    if (numbers[i] < 64) low |= mask;
    else high |= mask;
  }
  return new PrivilegeSet(low, high);
}

/** All there are, and those that everybody has. */
export const PRIV_ALL: PrivilegeSet = new PrivilegeSet(~(<u64>0), ((<u64>1) << (<u64>PRIVILEGES.length - 64)) - 1);
export const PRIV_BASIC: PrivilegeSet = setOf([
  PRIV_FILE_LINK_ANY,
  PRIV_FILE_READ,
  PRIV_FILE_WRITE,
  PRIV_NET_ACCESS,
  PRIV_PROC_EXEC,
  PRIV_PROC_FORK,
  PRIV_PROC_INFO,
  PRIV_PROC_SECFLAGS,
  PRIV_PROC_SESSION,
]);
