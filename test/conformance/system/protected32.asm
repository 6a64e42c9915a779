; SPDX-License-Identifier: MIT
;
; Segmentation and protection in 32-bit protected mode: every action below is tried at levels 0 and 3 with every selector, RPL 0 to 3.
; A try ends in an exception or in INT 81h; either way one line goes to the debug port: what was tried, then
;   vector error-code cs eip eflags | ss esp (if the level changed) | ds es fs gs ecx | access byte | four words of the interrupted stack
; Segment limits and EXT bits are left out: QEMU's TCG checks no limits and never sets EXT. Task switches are left out: the machine has none.
;
; Loaded by multiboot at 1 MiB; the part at LOW is copied below 64 KiB, where 16-bit code segments reach it.

bits 32
org 0x100000
LOW     equ 0x7000
STACK0  equ 0x6800          ; level 0, own
STACKT  equ 0x6400          ; level 0 from the TSS
STACK1  equ 0x6000
STACK3  equ 0x5c00

CODE0   equ 0x08
DATA0   equ 0x10
CODE3   equ 0x18
DATA3   equ 0x20
TSS     equ 0x28
LDT     equ 0x30

mb:     dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), mb, mb, 0, 0, start

start:  mov esp, STACK0
        cli
        cld
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov edi, 0x5000
        mov ecx, 0x3000 / 4
        xor eax, eax
        rep stosd
        mov esi, landing
        mov edi, LOW
        mov ecx, landing_end - landing
        rep movsb
        call fresh
        lgdt [gdtr]
        jmp CODE0:.flat
.flat:  mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, STACK0
        mov ax, LDT
        lldt ax
        and byte [gdt + TSS + 5], ~2
        mov ax, TSS
        ltr ax
        ; exceptions 0-31 and 80h-83h; the gates in between are the ones that INT tries
        mov ecx, 0
.idt:   mov eax, ecx
        shl eax, 4
        add eax, stubs
        mov dx, 0x8e00
        call gate
        inc ecx
        cmp ecx, 32
        jb .idt
        mov ecx, 0x81
        mov eax, stub81
        mov dx, 0xee00
        call gate
        mov esi, odd_gates
        mov edi, idt + 0x30 * 8
        mov ecx, (odd_gates_end - odd_gates) / 4
        rep movsd
        lidt [idtr]

        ; everything: level, action, selector
        mov dword [level], 0
levels: mov dword [action], 0
actions:
        mov dword [index], 0
each:   call fresh
        mov eax, [index]
        mov [selector], eax
        ; jumps and calls to an available TSS would switch tasks
        mov ecx, [action]
        test byte [flags + ecx], 1
        jz .all
        and eax, 0xfffc
        cmp eax, TSS
        je skip
        cmp eax, 0xd8
        je skip
.all:   test byte [flags + ecx], 2
        jz .not0
        cmp dword [level], 0
        jne skip
.not0:  call title
        mov eax, [action]
        mov ebx, [names_at + eax * 4]
        mov dword [resume], skip
        mov eax, [selector]
        mov ecx, 0xcccc
        cmp dword [level], 0
        jne ring3
        jmp ebx
skip:   inc dword [index]
        cmp dword [index], LAST
        jbe each
        inc dword [action]
        cmp dword [action], (names_end - names_at) / 4
        jb actions
        add dword [level], 3
        cmp dword [level], 3
        jbe levels

        ; software interrupts through every kind of gate
        mov dword [level], 0
.ilev:  mov dword [index], 0x30
.int:   call fresh
        mov al, 'I'
        out 0xe9, al
        mov eax, [level]
        call hex2
        mov eax, [index]
        call hex2
        mov dword [resume], .next
        mov ebx, [index]
        sub ebx, 0x30
        lea ebx, [int_stubs + ebx * 4]
        cmp dword [level], 0
        jne ring3
        jmp ebx
.next:  inc dword [index]
        cmp dword [index], 0x30 + (odd_gates_end - odd_gates) / 8
        jb .int
        add dword [level], 3
        cmp dword [level], 3
        jbe .ilev

        ; instructions by themselves, at both levels
        mov dword [level], 0
.slev:  mov dword [index], 0
.one:   call fresh
        call restore
        mov al, 'S'
        out 0xe9, al
        mov eax, [level]
        call hex2
        mov eax, [index]
        call hex2
        mov dword [resume], .snext
        mov eax, [index]
        mov ebx, [singles + eax * 4]
        mov ecx, 0xcccc
        mov eax, 0
        cmp dword [level], 0
        jne ring3
        jmp ebx
.snext: inc dword [index]
        cmp dword [index], (singles_end - singles) / 4
        jb .one
        add dword [level], 3
        cmp dword [level], 3
        jbe .slev

        ; IN and OUT at level 3 against the permission bitmap, for all widths
        mov dword [index], 0
.port:  call fresh
        mov dword [resume], .pnext
        mov al, 'P'
        out 0xe9, al
        mov eax, [index]
        call hex4
        mov ecx, [index]
        mov edx, ecx
        shr edx, 2
        and ecx, 3
        mov ebx, [port_acts + ecx * 4]
        jmp ring3
.pnext: inc dword [index]
        cmp dword [index], 24 * 4
        jb .port

        ; flags: IOPL 0 to 3 at level 3, flag images of all system bits
        mov dword [index], 0
.flag:  call fresh
        mov dword [resume], .fnext
        mov al, 'F'
        out 0xe9, al
        mov eax, [index]
        call hex4
        mov ecx, [index]
        mov ebx, ecx
        and ebx, 7
        mov ebx, [flag_acts + ebx * 4]
        shr ecx, 3
        and ecx, 3
        shl ecx, 12
        mov [ring3_flags], ecx
        or dword [ring3_flags], 2
        test dword [index], 0x20
        jz .off
        or dword [ring3_flags], 0x200
.off:   mov ecx, 0
        jmp ring3
.fnext: mov dword [ring3_flags], 2
        inc dword [index]
        cmp dword [index], 0x40
        jb .flag

done:   mov al, 0
        out 0xf4, al
        cli
        hlt
        jmp done

ring3:  push dword DATA3 | 3
        push dword STACK3
        push dword [ring3_flags]
        push dword CODE3 | 3
        push ebx
        mov edi, DATA3 | 3
        mov ds, di
        mov es, di
        iret

; ---- actions: selector in ax; they end with INT 81h

names_at:
        dd a_ds, a_es, a_ss, a_fs, a_lds, a_jmp, a_call, a_retcs, a_retss, a_iretcs, a_iretss, a_lldt, a_ltr
        dd a_lar, a_lsl, a_verr, a_verw, a_popds, a_arpl, a_lar16, a_ret16, a_iret16, a_retimm
names_end:
; 1: a jump or call, so no TSS; 2: level 0 only
flags:  db 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0
        db 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

%macro END 0
        int 0x81
%endmacro
a_ds:   mov ds, ax
        END
a_es:   mov es, ax
        END
a_ss:   mov ss, ax
        END
a_fs:   mov fs, ax
        END
a_lds:  push eax
        push dword 0x12345678
        mov ebx, esp
        lgs ecx, [ebx]
        END
a_jmp:  push eax
        push dword LOW
        mov ebx, esp
        jmp far [ebx]
a_call: push dword 0x55550003
        push dword 0x55550002
        push dword 0x55550001
        push eax
        push dword LOW
        mov ebx, esp
        add esp, 8
        call far [ebx]
        END
a_retcs:
        mov ecx, eax
        and ecx, 3
        or ecx, DATA3
        push ecx
        push dword STACK3
        push eax
        push dword LOW
        retf
a_retss:
        push eax
        push dword STACK3
        push dword CODE3 | 3
        push dword LOW
        retf
a_iretcs:
        mov ecx, eax
        and ecx, 3
        or ecx, DATA3
        push ecx
        push dword STACK3
        push dword 0x00200003
        push eax
        push dword LOW
        iret
a_iretss:
        push eax
        push dword STACK3
        push dword 0x00000002
        push dword CODE3 | 3
        push dword LOW
        iret
a_lldt: lldt ax
        END
a_ltr:  ltr ax
        END
a_lar:  lar ecx, ax
        END
a_lsl:  lsl ecx, ax
        END
a_verr: verr ax
        END
a_verw: verw ax
        END
a_popds:
        push eax
        pop ds
        END
a_arpl: mov ecx, eax
        mov eax, 0x1232
        arpl cx, ax
        END
a_lar16:
        lar cx, ax
        END
a_ret16:
        mov ecx, eax
        and ecx, 3
        or ecx, DATA3
        push cx
        push word STACK3
        push ax
        push word LOW
        o16 retf
a_iret16:
        mov ecx, eax
        and ecx, 3
        or ecx, DATA3
        push cx
        push word STACK3
        push word 0x4003
        push ax
        push word LOW
        o16 iret
a_retimm:
        push dword DATA3 | 3
        push dword STACK3 - 16
        push dword 0x77777777
        push eax
        push dword LOW
        retf 4

int_stubs:
%assign n 0x30
%rep 32
        int n
        int 0x81
%assign n n + 1
%endrep

; ---- single instructions

singles:
        dd s_hlt, s_clts, s_cr0r, s_cr0w, s_cr1, s_cr2, s_cr3, s_cr4, s_dr0, s_dr7, s_dr4, s_lgdt, s_sgdt, s_sidt, s_sldt, s_str
        dd s_smsw, s_lmsw, s_invlpg, s_wbinvd, s_invd, s_rdmsr, s_wrmsr, s_rdtsc, s_rdpmc, s_cli, s_sti, s_in, s_out, s_int3, s_into
        dd s_into1, s_int1, s_ud2, s_div0, s_bound, s_sysenter, s_sysexit, s_movcs, s_mov6, s_pushcs, s_popss, s_lssnull, s_nt, s_rdmsrbad
        dd s_wrmsrbad, s_insb, s_outsb, s_nw, s_swapgs, s_rdfsbase, s_lock, s_icebp, s_clac, s_xsetbv, s_retfnull, s_tf, s_tfpush
        dd s_movsstf, s_dr6, s_bp_exec, s_bp_write, s_bp_gd, s_monitor, s_rsm, s_syscall, s_sysret, s_ac, s_bp_port, s_bp_next, s_bp_rep
singles_end:
s_hlt:  cmp dword [level], 0
        je .skip
        hlt
.skip:  END
s_clts: clts
        END
s_cr0r: mov ecx, cr0
        and ecx, 0x80050009
        END
s_cr0w: mov ecx, cr0
        mov cr0, ecx
        and ecx, 0x80050009
        END
s_cr1:  db 0x0f, 0x20, 0xc8
        END
s_cr2:  mov ecx, 0x12345678
        mov cr2, ecx
        mov ecx, cr2
        END
s_cr3:  mov ecx, cr3
        END
s_cr4:  mov ecx, cr4
        END
s_dr0:  mov ecx, 0xabcd
        mov dr0, ecx
        mov ecx, dr0
        END
s_dr7:  mov ecx, dr7
        END
s_dr6:  mov ecx, 0
        mov dr6, ecx
        mov ecx, dr6
        END
s_dr4:  mov ecx, cr4
        or ecx, 8
        mov cr4, ecx
        mov ecx, dr4
        END
s_lgdt: lgdt [gdtr]
        END
s_sgdt: sub esp, 8
        sgdt [esp]
        mov ecx, [esp]
        END
s_sidt: sub esp, 8
        sidt [esp]
        mov ecx, [esp + 2]
        END
s_sldt: sldt ecx
        END
s_str:  str cx
        END
s_smsw: smsw cx
        and ecx, 0xffff0009
        END
s_lmsw: mov cx, 0x0001
        lmsw cx
        smsw cx
        and cx, 9
        END
s_invlpg:
        invlpg [0x1000]
        END
s_wbinvd:
        wbinvd
        END
s_invd: invd
        END
s_rdmsr:
        mov ecx, 0x174
        rdmsr
        END
s_wrmsr:
        mov ecx, 0x176
        mov eax, LOW
        xor edx, edx
        wrmsr
        mov ecx, 0x175
        mov eax, STACKT
        wrmsr
        mov ecx, 0x174
        mov eax, CODE0
        wrmsr
        END
s_rdtsc:
        rdtsc
        END
s_rdpmc:
        cmp dword [level], 0
        je .skip
        rdpmc
.skip:  END
s_cli:  cli
        END
s_sti:  cmp dword [level], 0
        je .skip
        sti
.skip:  END
s_in:   in al, 0x80
        END
s_out:  out 0x80, al
        END
s_int3: int3
        END
s_into: xor ecx, ecx
        into
        END
s_into1:
        mov ecx, 0x7fffffff
        inc ecx
        into
        END
s_icebp:
s_int1: db 0xf1
        END
s_ud2:  ud2
        END
s_div0: xor ecx, ecx
        div ecx
        END
s_bound:
        mov ecx, 5
        bound ecx, [bound_pair]
        END
s_sysenter:
        sysenter
        END
s_sysexit:
        mov ecx, STACK3
        mov edx, LOW
        sysexit
        END
s_movcs:
        db 0x8e, 0xc8
        END
s_mov6: db 0x8e, 0xf0
        END
s_pushcs:
        push cs
        pop ecx
        END
s_popss:
        push ss
        pop ss
        END
s_lssnull:
        push dword 0
        push dword STACK0
        lss esp, [esp]
        END
s_nt:   pushfd
        or dword [esp], 0x4000
        popfd
        pushfd
        pop ecx
        and ecx, 0x4000
        push dword 2
        popfd
        END
s_rdmsrbad:
        xor ecx, ecx
        END
s_wrmsrbad:
        mov ecx, 0xc0000080
        rdmsr
        or eax, 0x80
        cmp dword [level], 3
        je .skip
.skip:  END
s_insb: mov dx, 0x80
        mov edi, scratch
        insb
        END
s_outsb:
        mov dx, 0x80
        mov esi, scratch
        outsb
        END
s_nw:   xor ecx, ecx
        END
s_swapgs:
        db 0x0f, 0x01, 0xf8
        END
s_rdfsbase:
        db 0xf3, 0x0f, 0xae, 0xc1
        END
s_lock: db 0xf0, 0x90
        END
s_clac: db 0x0f, 0x01, 0xca
        END
s_xsetbv:
        db 0x0f, 0x01, 0xd1
        END
s_retfnull:
        push dword 0
        push dword LOW
        retf
s_tf:   pushfd
        or dword [esp], 0x100
        popfd
        nop
        nop
        END
s_tfpush:
        pushfd
        or dword [esp], 0x100
        popfd
        int 0x81
s_movsstf:
        mov cx, ss
        pushfd
        or dword [esp], 0x100
        popfd
        mov ss, cx
        nop
        nop
        END
s_bp_exec:
        mov ecx, .here
        mov dr0, ecx
        mov ecx, 0x401
        mov dr7, ecx
        nop
.here:  nop
        END
s_bp_write:
        mov ecx, scratch
        mov dr1, ecx
        mov ecx, 0x00d00404 | 8
        mov dr7, ecx
        mov ecx, [scratch + 4]
        mov byte [scratch + 2], 1
        nop
        END
s_bp_gd:
        mov ecx, 0x2400
        mov dr7, ecx
        mov ecx, dr3
        END
s_monitor:
        cmp dword [level], 0
        je .skip
        xor ecx, ecx
        mov eax, scratch
        db 0x0f, 0x01, 0xc8
.skip:  END
s_rsm:  rsm
        END
s_syscall:
        syscall
        END
s_sysret:
        sysret
        END
s_bp_port:
        cmp dword [level], 3
        je .user
        mov ecx, cr4
        or ecx, 8
        mov cr4, ecx
        mov ecx, 0x80
        mov dr0, ecx
        mov ecx, 0x00020402
        mov dr7, ecx
.user:  in al, 0x81
        out 0x80, al
        nop
        END
s_bp_next:
        mov ecx, .two
        mov dr0, ecx
        mov ecx, scratch
        mov dr1, ecx
        mov ecx, 0x00110409 | 6
        mov dr7, ecx
        mov [scratch], cl
.two:   nop
        END
s_bp_rep:
        mov ecx, scratch + 2
        mov dr3, ecx
        mov ecx, 0x10000480
        mov dr7, ecx
        mov edi, scratch
        mov ecx, 5
        rep stosb
        nop
        END
s_ac:   pushfd
        or dword [esp], 0x40000
        popfd
        mov ecx, [scratch + 1]
        END

port_acts:
        dd p_in8, p_in16, p_in32, p_out8
p_in8:  in al, dx
        END
p_in16: in ax, dx
        END
p_in32: in eax, dx
        END
p_out8: out dx, al
        END

flag_acts:
        dd f_pushf, f_popf, f_cli, f_sti, f_iret, f_popf16, f_in, f_pushf
f_pushf:
        pushfd
        pop ecx
        END
f_popf: push dword 0x00247ed7 & ~0x100
        popfd
        pushfd
        pop ecx
        END
f_popf16:
        push word 0x7ed7 & ~0x100
        popfw
        pushfd
        pop ecx
        END
f_cli:  cli
        pushfd
        pop ecx
        END
f_sti:  sti
        pushfd
        pop ecx
        END
f_iret: push dword 0x00247ed7 & ~0x4100
        push dword CODE3 | 3
        push dword .to
        iret
.to:    pushfd
        pop ecx
        END
f_in:   in al, 0x80
        END

; ---- exception entry

        align 16
stubs:
%assign v 0
%rep 32
        align 16
%if v = 8 || (v >= 10 && v <= 14) || v = 17
        push dword v
%else
        push dword -1
        push dword v
%endif
        jmp entry
%assign v v + 1
%endrep
stub81: push dword -1
        push dword 0x81
        jmp entry

; frame: vector, error, eip, cs, eflags, (esp, ss)
entry:  push ds
        push es
        push fs
        push gs
        push ecx
        mov bp, DATA0
        mov ds, bp
        mov es, bp
        mov ebp, esp
        ; 0 ecx, 4 gs, 8 fs, 12 es, 16 ds, 20 vector, 24 error, 28 eip, 32 cs, 36 eflags, 40 esp, 44 ss
        mov al, ' '
        out 0xe9, al
        mov eax, [ss:ebp + 20]
        call hex2
        mov eax, [ss:ebp + 24]
        cmp eax, -1
        jne .err
        mov al, '-'
        out 0xe9, al
        jmp .ip
.err:   call hex4
.ip:    mov eax, [ss:ebp + 32]
        call hex4
        mov eax, [ss:ebp + 28]
        call hex8
        mov eax, [ss:ebp + 36]
        and eax, 0x3e7741
        call hex8
        lea esi, [ebp + 40]
        mov eax, ss
        mov es, ax
        test byte [ss:ebp + 32], 3
        jz .same
        mov eax, [ss:ebp + 44]
        call hex4
        mov eax, [ss:ebp + 40]
        call hex8
        mov esi, [ss:ebp + 40]
        jmp .segs
.same:  mov eax, ss
        call hex4
        mov eax, esi
        call hex8
.segs:  mov eax, [ss:ebp + 16]
        call hex4
        mov eax, [ss:ebp + 12]
        call hex4
        mov eax, [ss:ebp + 8]
        call hex4
        mov eax, [ss:ebp + 4]
        call hex4
        mov eax, [ss:ebp]
        call hex8
        mov eax, [selector]
        and eax, 0xfff8
        cmp eax, LAST
        ja .dump
        mov eax, [gdt + eax + 4]
        shr eax, 8
        ; QEMU never marks code segments accessed
        test al, 0x10
        jz .byte
        test al, 8
        jz .byte
        and al, ~1
.byte:  call hex2
.dump:  mov bx, DATA0
        mov es, bx
        and esi, 0xffff
        mov ecx, 4
.d:     es lodsd
        call hex8
        loop .d
        sldt ax
        call hex4
        str ax
        call hex4
        mov eax, dr6
        call hex8
        mov al, 10
        out 0xe9, al
        mov esp, STACK0
        mov ax, DATA0
        mov ss, ax
        mov esp, STACK0
        mov fs, ax
        mov gs, ax
        call restore
        jmp [resume]

; puts back what a try may have changed
restore:
        push dword 2
        popfd
        cld
        xor eax, eax
        mov dr7, eax
        mov dr6, eax
        mov cr4, eax
        mov ax, LDT
        lldt ax
        and byte [gdt + TSS + 5], ~2
        mov ax, TSS
        ltr ax
        ret

; GDT from its original
fresh:  mov esi, gdt_original
        mov edi, gdt
        mov ecx, (gdt_end - gdt_original) / 4
        rep movsd
        or byte [gdt + TSS + 5], 2
        ; words above the stacks, so that dumps do not depend on what ran before
        mov edi, 0x5800
        mov ecx, (0x6000 - 0x5800) / 4
        mov eax, 0xeeeeeeee
        rep stosd
        ret

title:  mov al, 'A'
        out 0xe9, al
        mov eax, [level]
        call hex2
        mov eax, [action]
        call hex2
        mov eax, [selector]
        call hex4
        ret

hex2:   push ecx
        ror eax, 8
        mov ecx, 2
        jmp hex
hex4:   push ecx
        ror eax, 16
        mov ecx, 4
        jmp hex
hex8:   push ecx
        mov ecx, 8
hex:    rol eax, 4
        push eax
        and al, 15
        cmp al, 10
        jb .d
        add al, 'a' - '0' - 10
.d:     add al, '0'
        out 0xe9, al
        pop eax
        loop hex
        mov al, ' '
        out 0xe9, al
        pop ecx
        ret

; vector ecx: offset eax, attributes dx
gate:   mov [idt + ecx * 8], ax
        mov word [idt + ecx * 8 + 2], CODE0
        mov [idt + ecx * 8 + 4], dx
        shr eax, 16
        mov [idt + ecx * 8 + 6], ax
        ret

; copied to LOW: what far transfers land on, valid in 16- and 32-bit code
landing:
        int 0x81
landing_end:

        align 16
%macro DESC 4 ; base limit access flags
        dw (%2) & 0xffff, (%1) & 0xffff
        db ((%1) >> 16) & 0xff, %3, (((%2) >> 16) & 15) | ((%4) << 4), ((%1) >> 24) & 0xff
%endmacro
%macro GATE 3-4 0 ; selector, offset, access, parameters
        dw (%2) & 0xffff, %1, ((%3) << 8) | %4, (%2) >> 16
%endmacro
gdt_original:
        dq 0
        DESC 0, 0xfffff, 0x9b, 0xc          ; 08 code0
        DESC 0, 0xfffff, 0x93, 0xc          ; 10 data0
        DESC 0, 0xfffff, 0xfb, 0xc          ; 18 code3
        DESC 0, 0xfffff, 0xf3, 0xc          ; 20 data3
        DESC TSS_AT - mb + 0x100000, 0x200, 0x89, 0         ; 28 tss
        DESC LDT_AT - mb + 0x100000, 0x17, 0x82, 0          ; 30 ldt
        DESC 0, 0xfffff, 0x9e, 0xc          ; 38 conforming 0
        DESC 0, 0xfffff, 0xfe, 0xc          ; 40 conforming 3
        DESC 0, 0xfffff, 0x12, 0xc          ; 48 absent data
        DESC 0, 0xfffff, 0x1a, 0xc          ; 50 absent code
        DESC 0, 0xfffff, 0x98, 0xc          ; 58 execute only
        DESC 0, 0xfffff, 0x90, 0xc          ; 60 read only
        DESC 0, 0x00000, 0x96, 0xc          ; 68 expand down
        DESC 0, 0x0ffff, 0x9a, 0x0          ; 70 16-bit code
        DESC 0, 0x0ffff, 0x92, 0x0          ; 78 16-bit data
        GATE CODE0, LOW, 0xec               ; 80 call gate
        GATE CODE0, LOW, 0x8c               ; 88 for level 0
        GATE 0x38, LOW, 0xec                ; 90 to conforming code
        GATE CODE3, LOW, 0xec               ; 98 to level 3
        GATE DATA0, LOW, 0xec               ; a0 to data
        GATE CODE0, LOW, 0x6c               ; a8 absent
        GATE 0, LOW, 0xec                   ; b0 to null
        GATE 0x50, LOW, 0xec                ; b8 to absent code
        GATE CODE0, LOW, 0xe4, 2            ; c0 16-bit, 2 parameters
        GATE CODE0, LOW, 0xec, 3            ; c8 3 parameters
        DESC TSS_AT - mb + 0x100000, 0x200, 0x8b, 0         ; d0 busy tss
        DESC TSS_AT - mb + 0x100000, 0x200, 0x81, 0         ; d8 16-bit tss
        GATE CODE0, LOW, 0xee               ; e0 interrupt gate
        DESC 0, 0, 0x80, 0                  ; e8 type 0
        DESC 0, 0, 0x88, 0                  ; f0 type 8
        DESC 0, 0xfffff, 0xba, 0xc          ; f8 code1
        DESC 0, 0xfffff, 0xb2, 0xc          ; 100 data1
        DESC 0, 0xfffff, 0x72, 0xc          ; 108 absent data3
        GATE 0x7ff8, LOW, 0xec              ; 110 to beyond the table
        GATE 0xf8, LOW, 0xec                ; 118 to level 1
        DESC 0, 0xfffff, 0xbe, 0xc          ; 120 conforming 1
        DESC 0, 0xfffff, 0xf0, 0xc          ; 128 read only 3
        DESC 0, 0x0ffff, 0xf3, 0x0          ; 130 16-bit data 3
        GATE CODE0 | 3, LOW, 0xec           ; 138 selector with RPL 3
gdt_end:
LAST    equ 0x140 + 0x10                    ; a few selectors beyond the table

gdtr:   dw gdt_end - gdt_original - 1
        dd gdt
idtr:   dw 256 * 8 - 1
        dd idt

        align 8
LDT_AT:
        DESC 0, 0xfffff, 0x92, 0xc
        DESC 0, 0xfffff, 0xfa, 0xc
        DESC 0, 0xfffff, 0xf2, 0xc
        align 16
TSS_AT: dd 0
        dd STACKT, DATA0
        dd STACK1, 0x101
        dd STACK1, 0x101
        times 0x66 - 7 * 4 db 0
        dw bitmap - TSS_AT
bitmap: db 0x00, 0xff, 0x01, 0x80, 0x0f, 0xf0
        times 0x200 - ($ - TSS_AT) db 0xff

odd_gates:
        GATE CODE0, stub81 - mb + 0x100000, 0x8e   ; 30 interrupt gate, level 0
        GATE CODE0, stub81 - mb + 0x100000, 0xee   ; 31 level 3
        GATE CODE0, stub81 - mb + 0x100000, 0xef   ; 32 trap gate
        GATE CODE0, stub81 - mb + 0x100000, 0x6e   ; 33 absent
        GATE 0, stub81 - mb + 0x100000, 0xee       ; 34 null
        GATE DATA0, stub81 - mb + 0x100000, 0xee   ; 35 data
        GATE 0x50, stub81 - mb + 0x100000, 0xee    ; 36 absent code
        GATE 0x7ff8, stub81 - mb + 0x100000, 0xee  ; 37 beyond the table
        GATE CODE3, LOW, 0xee                      ; 38 outer level
        GATE 0x38, LOW, 0xee                       ; 39 conforming
        GATE CODE0, LOW, 0xe6                      ; 3a 16-bit interrupt gate
        GATE CODE0, LOW, 0xe7                      ; 3b 16-bit trap gate
        GATE CODE0, LOW, 0xec                      ; 3c call gate
        DESC 0, 0, 0x92, 0                         ; 3d data descriptor
        dq 0                                       ; 3e nothing
        GATE 0xf8, LOW, 0xee                       ; 3f level 1
        GATE CODE0 | 3, stub81 - mb + 0x100000, 0xee ; 40 RPL ignored
        GATE 0x0c, LOW, 0xee                       ; 41 LDT, level 3
odd_gates_end:

bound_pair dd 6, 8
ring3_flags dd 2
level   dd 0
action  dd 0
index   dd 0
selector dd 0
resume  dd 0
        align 8
scratch dq 0
        align 16
gdt     times gdt_end - gdt_original db 0
        align 16
idt     times 256 * 8 db 0
