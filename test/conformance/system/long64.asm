; SPDX-License-Identifier: MIT
;
; Segmentation, protection and system calls in long mode: actions with every selector at levels 0 and 3, INT through every kind of gate,
; single instructions. One line a try:
;   vector error-code cs rip rflags ss rsp | ds es fs gs rcx | access byte | four words of the interrupted stack | FS.base GS.base cr2 dr6
; The access byte leaves out the accessed bit of code segments, which QEMU never sets.

bits 32
org 0x100000
LOW     equ 0x7000
STACK0  equ 0x6800
STACKT  equ 0x6400
STACKI  equ 0x6200          ; interrupt stack 1
STACK3  equ 0x5c00

CODE0   equ 0x08
DATA0   equ 0x10
CODE3   equ 0x18
DATA3   equ 0x20
TSS     equ 0x28
LDT     equ 0x38

EFER    equ 0xc0000080

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
        mov ecx, 16
        rep movsb
        mov esi, gdt_original
        mov edi, gdt
        mov ecx, (gdt_end - gdt_original) / 4
        rep movsd
        ; identity map of 1 GiB in 2 MiB pages, everything allowed
        mov edi, PML4
        mov ecx, 0x3000 / 4
        xor eax, eax
        rep stosd
        mov dword [PML4], PDPT | 7
        mov dword [PDPT], PD | 7
        mov edi, PD
        mov eax, 0x87
        mov ecx, 512
.pd:    stosd
        add edi, 4
        add eax, 0x200000
        loop .pd
        mov eax, 0x620              ; PAE, OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov eax, PML4
        mov cr3, eax
        mov ecx, EFER
        mov eax, 0x901              ; SCE, LME, NXE
        xor edx, edx
        wrmsr
        mov eax, 0x80010031
        mov cr0, eax
        lgdt [gdtr]
        jmp CODE0:.long
bits 64
.long:  mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov fs, ax
        mov gs, ax
        mov ax, LDT
        lldt ax
        mov ax, TSS
        ltr ax
        xor ecx, ecx
.idt:   mov eax, ecx
        shl eax, 4
        add eax, stubs
        mov dx, 0x8e00
        cmp ecx, 12
        jne .own
        mov dl, 1                   ; #SS comes when the stack is bad
.own:   call gate
        inc ecx
        cmp ecx, 32
        jb .idt
        mov ecx, 0x81
        mov eax, stub81
        mov dx, 0xee00
        call gate
        mov rsi, odd_gates
        mov rdi, idt + 0x30 * 16
        mov ecx, (odd_gates_end - odd_gates) / 8
        rep movsq
        lidt [idtr]

        mov dword [level], 0
levels: mov dword [action], 0
actions:
        mov dword [index], 0
each:   call fresh
        mov eax, [index]
        mov [selector], eax
        mov al, 'A'
        out 0xe9, al
        mov eax, [level]
        call hex2
        mov eax, [action]
        call hex2
        mov eax, [selector]
        call hex4
        mov eax, [action]
        mov ebx, [names_at + eax * 4]
        mov qword [resume], skip
        mov eax, [selector]
        mov ecx, 0xcccc
        cmp dword [level], 0
        jne ring3
        jmp rbx
skip:   inc dword [index]
        cmp dword [index], LAST
        jbe each
        inc dword [action]
        cmp dword [action], (names_end - names_at) / 4
        jb actions
        add dword [level], 3
        cmp dword [level], 3
        jbe levels

        mov dword [level], 0
.ilev:  mov dword [index], 0x30
.int:   call fresh
        mov al, 'I'
        out 0xe9, al
        mov eax, [level]
        call hex2
        mov eax, [index]
        call hex2
        mov qword [resume], .next
        mov ebx, [index]
        sub ebx, 0x30
        lea ebx, [int_stubs + rbx * 4]
        cmp dword [level], 0
        jne ring3
        jmp rbx
.next:  inc dword [index]
        cmp dword [index], 0x30 + (odd_gates_end - odd_gates) / 16
        jb .int
        add dword [level], 3
        cmp dword [level], 3
        jbe .ilev

        mov dword [level], 0
.slev:  mov dword [index], 0
.one:   call fresh
        mov al, 'S'
        out 0xe9, al
        mov eax, [level]
        call hex2
        mov eax, [index]
        call hex2
        mov qword [resume], .snext
        mov eax, [index]
        mov ebx, [singles + rax * 4]
        mov ecx, 0xcccc
        xor eax, eax
        cmp dword [level], 0
        jne ring3
        jmp rbx
.snext: inc dword [index]
        cmp dword [index], (singles_end - singles) / 4
        jb .one
        add dword [level], 3
        cmp dword [level], 3
        jbe .slev

        mov al, 0
        out 0xf4, al
        cli
        hlt

ring3:  push DATA3 | 3
        push STACK3
        push 2
        push CODE3 | 3
        push rbx
        iretq

%macro END 0
        int 0x81
%endmacro

; ---- actions: selector in ax

names_at:
        dd a_ds, a_es, a_ss, a_fs, a_gs, a_lgs, a_jmp32, a_jmp64, a_call32, a_call64, a_retcs, a_retss, a_iretcs, a_iretss, a_ret32
        dd a_lldt, a_ltr, a_lar, a_lsl, a_verr, a_verw, a_popfs, a_iret32, a_retimm
names_end:
a_ds:   mov ds, ax
        END
a_es:   mov es, ax
        END
a_ss:   mov ss, ax
        END
a_fs:   mov fs, ax
        END
a_gs:   mov gs, ax
        END
a_lgs:  shl rax, 32
        add rax, 0x1234
        push rax
        lgs ecx, [rsp]
        END
a_jmp32:
        shl rax, 32
        add rax, LOW
        push rax
        jmp far dword [rsp]
a_jmp64:
        push rax
        push LOW
        jmp far qword [rsp]
a_call32:
        shl rax, 32
        add rax, LOW
        push rax
        call far dword [rsp]
        END
a_call64:
        push rax
        push LOW
        call far qword [rsp]
        END
a_retcs:
        mov ecx, eax
        and ecx, 3
        or ecx, DATA3
        push rcx
        push STACK3
        push rax
        push LOW
        o64 retf
a_retss:
        push rax
        push STACK3
        push CODE3 | 3
        push LOW
        o64 retf
a_iretcs:
        mov ecx, eax
        and ecx, 3
        jz .zero
        or ecx, DATA3
.zero:  push rcx
        push STACK3
        push 0x200003
        push rax
        push LOW
        iretq
a_iretss:
        push rax
        push STACK3
        push 2
        mov ecx, eax
        and ecx, 3
        lea edx, [rcx * 8 + rcx]    ; 0, 9, 18, 27: CODE0, none, none, CODE3 with its RPL
        cmp ecx, 0
        jne .not0
        mov edx, CODE0
.not0:  push rdx
        push LOW
        iretq
a_ret32:
        mov ecx, eax
        and ecx, 3
        or ecx, DATA3
        shl rcx, 32
        add rcx, STACK3
        push rcx
        shl rax, 32
        add rax, LOW
        push rax
        retf
a_iret32:
        sub rsp, 24
        mov dword [rsp], LOW
        mov [rsp + 4], eax
        mov dword [rsp + 8], 2
        mov dword [rsp + 12], STACK3
        and eax, 3
        or eax, DATA3
        mov [rsp + 16], eax
        iretd
a_lldt: lldt ax
        END
a_ltr:  test eax, 0xfffc
        jz .null
        ltr ax
.null:  END
a_lar:  lar ecx, ax
        END
a_lsl:  lsl ecx, ax
        END
a_verr: verr ax
        END
a_verw: verw ax
        END
a_popfs:
        push rax
        pop fs
        END
a_retimm:
        push DATA3 | 3
        push STACK3 - 16
        push 0x7777777
        push rax
        push LOW
        o64 retf 8

int_stubs:
%assign n 0x30
%rep 32
        int n
        int 0x81
%assign n n + 1
%endrep

; ---- single instructions

singles:
        dd s_syscall, s_sysret64, s_sysret32, s_swapgs, s_rdfs, s_wrfs, s_wrgsbad, s_load, s_store, s_push, s_jmp, s_call, s_ret, s_iretbad
        dd s_lstar, s_efer, s_efer_lme, s_cr3bad, s_cr4pae, s_cr0pg, s_cr8, s_cr8big, s_invlpg, s_div, s_divover, s_into, s_pushes, s_pusha
        dd s_ljmp, s_sysenter, s_sysexit, s_rdtscp, s_fxsave, s_cx16, s_movaps, s_lgdt, s_sgdt, s_popf, s_hlt, s_cli, s_in, s_rdpmc, s_clflush
        dd s_prefetch, s_lock, s_tf, s_bp8, s_stac, s_lss, s_movcr0hi, s_dr7hi, s_dr8, s_fsload, s_gsbase, s_kgs, s_compat, s_compatss, s_nx
        dd s_notpresent, s_wp, s_execdata, s_crossbad, s_callrel, s_leave, s_enter, s_cmpx8b, s_xadd, s_int3, s_syscalltf, s_ssnull, s_pushfnt
        dd s_iretnt, s_sldt, s_smsw, s_umip, s_rdrand, s_starcompat, s_sfmask, s_pcide, s_smap, s_smep, s_rflags
singles_end:

%macro WRMSR 2
        mov ecx, %1
        mov rax, %2
        mov rdx, rax
        shr rdx, 32
        wrmsr
%endmacro

s_syscall:
        syscall
        END
s_sysret64:
        mov ecx, LOW
        mov r11d, 0x3002
        o64 sysret
s_sysret32:
        mov ecx, LOW
        mov r11d, 0x0003
        sysret
s_swapgs:
        swapgs
        END
s_rdfs: rdfsbase rcx
        END
s_wrfs: mov rcx, 0x123456789a
        wrfsbase rcx
        wrgsbase ecx
        END
s_wrgsbad:
        mov rcx, 0x8000000000000000
        wrgsbase rcx
        END
s_load: mov rcx, 0x800000000000
        mov rcx, [rcx]
        END
s_store:
        mov rcx, 0xffff7fffffffffff
        mov [rcx], rcx
        END
s_push: cmp dword [level], 0
        je .skip
        mov rsp, 0x900000000000
        push rax
.skip:  END
s_jmp:  mov rcx, 0x800000000000
        jmp rcx
s_call: mov rcx, 0x800000000000
        call rcx
s_ret:  mov rcx, 0x800000000000
        push rcx
        ret
s_iretbad:
        push DATA3 | 3
        push STACK3
        push 2
        push CODE3 | 3
        push LOW
        mov ecx, 1
        iretq
s_lstar:
        WRMSR 0xc0000082, LOW
        END
s_efer: WRMSR EFER, 0xd01
        END
s_efer_lme:
        WRMSR EFER, 0xc01
        END
s_cr3bad:
        mov rcx, cr3
        mov cr3, rcx
        END
s_cr4pae:
        mov rcx, cr4
        END
s_cr0pg:
        mov rcx, cr0
        and ecx, 0x80010009
        END
s_cr8:  mov ecx, 5
        mov cr8, rcx
        mov rcx, cr8
        xor eax, eax
        mov cr8, rax
        END
s_cr8big:
        mov rcx, cr8
        END
s_invlpg:
        mov rcx, 0x800000000000
        invlpg [rcx]
        END
s_div:  xor ecx, ecx
        div rcx
        END
s_divover:
        mov rcx, 0x8000000000000000
        mov rax, rcx
        mov rdx, -1
        mov rcx, -1
        idiv rcx
        END
s_into: db 0xce
        END
s_pushes:
        db 0x06
        END
s_pusha:
        db 0x60
        END
s_ljmp: db 0xea, 0, 0x70, 0, 0, 8, 0
        END
s_sysenter:
        sysenter
        END
s_sysexit:
        sysexit
        END
s_rdtscp:
        WRMSR 0xc0000103, 0x1234
        rdtscp
        END
s_fxsave:
        fxsave [scratch + 8]
        END
s_cx16: cmpxchg16b [scratch + 8]
        END
s_movaps:
        movaps xmm0, [scratch + 8]
        END
s_lgdt: lgdt [gdtr]
        END
s_sgdt: sub rsp, 16
        sgdt [rsp]
        mov rcx, [rsp + 2]
        END
s_popf: push 0x247fd7 & ~0x4300
        popfq
        pushfq
        pop rcx
        END
s_hlt:  cmp dword [level], 0
        je .skip
        hlt
.skip:  END
s_cli:  cli
        END
s_in:   in al, 0x80
        END
s_rdpmc:
        cmp dword [level], 0
        je .skip
        rdpmc
.skip:  END
s_clflush:
        mov rcx, 0x40000000
        clflush [rcx]
        END
s_prefetch:
        mov rcx, 0x800000000000
        prefetcht0 [rcx]
        prefetchw [rcx]
        END
s_lock: db 0xf0, 0x48, 0x01, 0xc0
        END
s_tf:   pushfq
        or dword [rsp], 0x100
        popfq
        nop
        nop
        END
s_bp8:  cmp dword [level], 3
        je .user
        mov rcx, scratch
        mov dr2, rcx
        mov ecx, 0x0b000420
        mov dr7, rcx
.user:  mov rcx, [scratch + 4]
        mov ecx, 0
        mov [scratch + 7], cl
        nop
        END
s_stac: cmp dword [level], 0
        je .skip
        stac
.skip:  END
s_lss:  push 0
        push 0
        lss ecx, [rsp]
        END
s_movcr0hi:
        mov rcx, cr0
        mov cr0, rcx
        mov rcx, 0
        END
s_dr7hi:
        mov rcx, dr7
        END
s_dr8:  db 0x44, 0x0f, 0x21, 0xc1
        END
s_fsload:
        WRMSR 0xc0000100, 0x5000
        mov rcx, [fs:0xe00]
        END
s_gsbase:
        WRMSR 0xc0000101, 0xffff800000000000
        mov rcx, [gs:0x10]
        END
s_kgs:  WRMSR 0xc0000102, 0x7ffffffff000
        swapgs
        END
s_compat:
        push 0x50 | 3
        push LOW
        cmp dword [level], 0
        je .zero
        o64 retf
.zero:  push DATA3 | 3
        push STACK3
        push 0x50 | 3
        push LOW
        o64 retf
s_compatss:
        mov rax, 0x1234567800000000
        push DATA3 | 3
        lea rax, [rax + STACK3]
        push rax
        push 2
        push 0x50 | 3
        push LOW
        iretq
s_nx:   mov rcx, 0x40000000
        jmp rcx
s_notpresent:
        mov rcx, 0x7fffffffe000
        inc byte [rcx]
        END
s_wp:   mov rcx, 0xffffffff80000000
        mov rcx, [rcx]
        END
s_execdata:
        mov rcx, 0xffffffff80000000
        jmp rcx
s_crossbad:
        mov rcx, 0x7ffffffffffc
        mov rcx, [rcx]
        END
s_callrel:
        xor ecx, ecx
        call .next
        inc ecx
.next:  pop rdx
        END
s_leave:
        cmp dword [level], 0
        je .skip
        mov rbp, 0x800000000000
        leave
.skip:  END
s_enter:
        enter 16, 1
        leave
        END
s_cmpx8b:
        db 0x0f, 0xc7, 0xc8
        END
s_xadd: lock xadd [scratch], ecx
        END
s_int3: int3
        END
s_syscalltf:
        pushfq
        or dword [rsp], 0x100
        popfq
        syscall
        END
s_ssnull:
        xor ecx, ecx
        mov ss, cx
        END
s_pushfnt:
        push 0x4002
        popfq
        pushfq
        pop rcx
        push 2
        popfq
        END
s_iretnt:
        push 0x4002
        popfq
        push DATA3 | 3
        push STACK3
        push 2
        push CODE3 | 3
        push LOW
        iretq
s_sldt: sldt rcx
        END
s_smsw: smsw rcx
        and ecx, 0x80010009
        END
s_umip: cmp dword [level], 3
        je .user
        mov rcx, cr4
        or ecx, 0x800
        mov cr4, rcx
        push DATA3 | 3
        push STACK3
        push 2
        push CODE3 | 3
        push .user
        iretq
.user:  str cx
        END
s_rdrand:
        rdrand rcx
        mov ecx, 0
        END
s_starcompat:
        mov rcx, 0x50 | 3
        push rcx
        push .in32
        cmp dword [level], 3
        jne .zero
        o64 retf
.zero:  END
bits 32
.in32:  syscall
        int 0x81
bits 64
s_sfmask:
        WRMSR 0xc0000084, 0x100000000 + 0x4700
        END
s_pcide:
        mov rcx, cr4
        or ecx, 0x20000
        and ecx, 0x20000
        END
s_smap: xor ecx, ecx
        END
s_smep: xor ecx, ecx
        END
s_rflags:
        pushfq
        pop rcx
        END

; ---- exception entry

        align 16
stubs:
%assign v 0
%rep 32
        align 16
%if v = 8 || (v >= 10 && v <= 14) || v = 17
        push v
%else
        push -1
        push v
%endif
        jmp entry
%assign v v + 1
%endrep
        align 16
stub81: push -1
        push 0x81
        jmp entry

; SYSCALL arrives here
syscall_entry:
        mov rsp, STACK0
        int 0x81

; frame: 0 rcx, 8 gs, 16 fs, 24 es, 32 ds, 40 vector, 48 error, 56 rip, 64 cs, 72 rflags, 80 rsp, 88 ss
entry:  push 0
        mov [rsp], ds
        push 0
        mov [rsp], es
        push fs
        push gs
        push rcx
        mov rbp, rsp
        mov al, ' '
        out 0xe9, al
        mov rax, [rbp + 40]
        call hex2
        mov rax, [rbp + 48]
        cmp rax, -1
        jne .err
        mov al, '-'
        out 0xe9, al
        jmp .ip
.err:   call hex4
.ip:    mov rax, [rbp + 64]
        call hex4
        mov rax, [rbp + 56]
        call hex16
        mov rax, [rbp + 72]
        and eax, 0x3e7741
        call hex8
        mov rax, [rbp + 88]
        call hex4
        mov rax, [rbp + 80]
        call hex16
        mov rax, [rbp + 32]
        call hex4
        mov rax, [rbp + 24]
        call hex4
        mov rax, [rbp + 16]
        call hex4
        mov rax, [rbp + 8]
        call hex4
        mov rax, [rbp]
        call hex16
        mov eax, [selector]
        and eax, 0xfff8
        cmp eax, LAST
        ja .dump
        mov eax, [gdt + rax + 4]
        shr eax, 8
        test al, 0x10
        jz .byte
        test al, 8
        jz .byte
        and al, ~1
.byte:  call hex2
.dump:  mov rsi, [rbp + 80]
        cmp rsi, 0x6800
        ja .none
        mov ecx, 4
.d:     lodsq
        call hex16
        loop .d
.none:  mov ecx, 0xc0000100
        rdmsr
        call hex8
        mov eax, edx
        call hex8
        mov ecx, 0xc0000101
        rdmsr
        call hex8
        mov eax, edx
        call hex8
        mov rax, cr2
        call hex16
        mov rax, dr6
        call hex8
        sldt ax
        call hex4
        str ax
        call hex4
        mov ax, ss
        call hex4
        mov rax, rsp
        call hex4
        mov al, 10
        out 0xe9, al
        mov rsp, STACK0
        jmp [resume]

; every try starts from the same state
fresh:  push 2
        popfq
        cld
        mov rsi, gdt_original
        mov rdi, gdt
        mov ecx, (gdt_end - gdt_original) / 8
        rep movsq
        mov ax, DATA0
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ax, LDT
        lldt ax
        mov ax, TSS
        ltr ax
        xor eax, eax
        mov dr7, rax
        mov dr6, rax
        mov cr2, rax
        mov eax, 0x10620            ; with FSGSBASE
        mov cr4, rax
        WRMSR 0xc0000100, 0x1111
        WRMSR 0xc0000101, 0x2222
        WRMSR 0xc0000102, 0x3333
        WRMSR 0xc0000081, 0x0043000800000000
        WRMSR 0xc0000082, syscall_entry
        WRMSR 0xc0000083, syscall_entry
        WRMSR 0xc0000084, 0x4700
        mov rdi, 0x5800
        mov ecx, (0x6000 - 0x5800) / 8
        mov rax, 0xeeeeeeeeeeeeeeee
        rep stosq
        mov rdi, 0x6600
        mov ecx, (0x67f0 - 0x6600) / 8
        rep stosq
        ret

; hexadecimal without leading zeros, of 2, 4, 8 or 16 digits
hex2:   and eax, 0xff
        jmp hex16
hex4:   and eax, 0xffff
        jmp hex16
hex8:   mov eax, eax
hex16:  push rcx
        push rdx
        mov rdx, rax
        bsr rcx, rax
        jnz .top
        xor ecx, ecx
.top:   and ecx, ~3
.next:  mov rax, rdx
        shr rax, cl
        and eax, 15
        mov al, [digits + rax]
        out 0xe9, al
        sub ecx, 4
        jns .next
        mov al, ' '
        out 0xe9, al
        mov rax, rdx
        pop rdx
        pop rcx
        ret
digits  db '0123456789abcdef'

gate:   mov edi, ecx
        shl edi, 4
        add edi, idt
        mov [rdi], ax
        mov word [rdi + 2], CODE0
        mov [rdi + 4], dx
        shr rax, 16
        mov [rdi + 6], ax
        shr rax, 16
        mov [rdi + 8], eax
        mov dword [rdi + 12], 0
        ret

landing:
        int 0x81
        times 16 nop

        align 16
%macro DESC 4 ; base limit access flags
        dw (%2) & 0xffff, (%1) & 0xffff
        db ((%1) >> 16) & 0xff, %3, (((%2) >> 16) & 15) | ((%4) << 4), ((%1) >> 24) & 0xff
%endmacro
%macro GATE 3-6 0, 0, 0 ; selector, offset, access, IST, upper offset, upper type
        dw (%2) & 0xffff, %1, ((%3) << 8) | %4, (%2) >> 16
        dd %5, %6
%endmacro
BASE      equ 0x100000
gdt_original:
        dq 0
        DESC 0, 0xfffff, 0x9b, 0xa          ; 08 code0
        DESC 0, 0xfffff, 0x93, 0xc          ; 10 data0
        DESC 0, 0xfffff, 0xfb, 0xa          ; 18 code3
        DESC 0, 0xfffff, 0xf3, 0xc          ; 20 data3
        DESC TSS_AT - mb + BASE, 0x80, 0x89, 0 ; 28 tss
        dq 0
        DESC LDT_AT - mb + BASE, 0x17, 0x82, 0 ; 38 ldt
        dq 0
        DESC 0, 0xfffff, 0x9a, 0xc          ; 48 32-bit code 0
        DESC 0, 0xfffff, 0xfa, 0xc          ; 50 32-bit code 3
        DESC 0, 0xfffff, 0x9e, 0xa          ; 58 conforming 0
        DESC 0, 0xfffff, 0xfe, 0xa          ; 60 conforming 3
        DESC 0, 0xfffff, 0x1a, 0xa          ; 68 absent code
        DESC 0, 0xfffff, 0x9a, 0xe          ; 70 L and D
        GATE CODE0, LOW, 0xec               ; 78 call gate
        GATE 0x48, LOW, 0xec                ; 88 to 32-bit code
        GATE 0x58, LOW, 0xec                ; 98 to conforming code
        GATE CODE0, LOW, 0x6c               ; a8 absent
        GATE CODE0, LOW, 0xec, 0, 0, 0x100  ; b8 upper type not zero
        GATE 0x68, LOW, 0xec                ; c8 to absent code
        GATE CODE0, LOW, 0x8c               ; d8 for level 0
        DESC 0, 0xfffff, 0x12, 0xc          ; e8 absent data
        DESC 0, 0xfffff, 0x98, 0xc          ; f0 execute only
        GATE 0, LOW, 0xec                   ; f8 to null
        DESC TSS_AT - mb + BASE, 0x80, 0x8b, 0 ; 108 busy
        dq 0
        DESC 0, 0x0ffff, 0x9a, 0x0          ; 118 16-bit code
        DESC 0, 0xfffff, 0xb3, 0xc          ; 120 data1
        DESC 0, 0xfffff, 0xba, 0xa          ; 128 code1
        DESC 0, 0xfffff, 0x91, 0xc          ; 130 read only
        DESC 0, 0xfffff, 0x8e, 0            ; 138 interrupt gate
        GATE CODE3, LOW, 0xec               ; 140 to level 3
        DESC 0x12345678, 0x0ffff, 0xf3, 0x0 ; 150 16-bit data 3 with a base
        DESC 0, 0, 0x81, 0                  ; 158 16-bit tss
        GATE DATA0, LOW, 0xec               ; 160 to data
        DESC 0, 0, 0x84, 0                  ; 170 16-bit call gate
        DESC 0, 0, 0x85, 0                  ; 178 task gate
gdt_end:
LAST    equ 0x180 + 0x10

gdtr:   dw gdt_end - gdt_original - 1
        dq gdt
idtr:   dw 256 * 16 - 1
        dq idt

        align 8
LDT_AT:
        DESC 0, 0xfffff, 0x93, 0xc
        DESC 0, 0xfffff, 0xfa, 0xa
        DESC 0, 0xfffff, 0xf3, 0xc
        align 16
TSS_AT: dd 0
        dq STACKT, STACKT, STACKT
        dq 0
        dq STACKI, STACKI - 8, 0x40001000, 0, 0, 0, 0
        dq 0
        dw 0
        dw 0x68
        times 0x81 - ($ - TSS_AT) db 0xff

        align 8
odd_gates:
        GATE CODE0, stub81 - mb + BASE, 0x8e      ; 30 interrupt gate, level 0
        GATE CODE0, stub81 - mb + BASE, 0xee      ; 31 level 3
        GATE CODE0, stub81 - mb + BASE, 0xef      ; 32 trap gate
        GATE CODE0, stub81 - mb + BASE, 0x6e      ; 33 absent
        GATE 0, stub81 - mb + BASE, 0xee          ; 34 null
        GATE DATA0, stub81 - mb + BASE, 0xee      ; 35 data
        GATE 0x68, stub81 - mb + BASE, 0xee       ; 36 absent code
        GATE 0x7ff8, stub81 - mb + BASE, 0xee     ; 37 beyond the table
        GATE CODE3, LOW, 0xee                   ; 38 outer level
        GATE 0x58, LOW, 0xee                    ; 39 conforming
        GATE 0x48, LOW, 0xee                    ; 3a 32-bit code
        GATE 0x70, LOW, 0xee                    ; 3b L and D
        GATE CODE0, LOW, 0xec                   ; 3c call gate
        GATE CODE0, LOW, 0xe6                   ; 3d 16-bit interrupt gate
        GATE CODE0, LOW, 0xe5                   ; 3e task gate
        GATE 0x128, LOW, 0xee                   ; 3f level 1
        GATE CODE0, stub81 - mb + BASE, 0xee, 1   ; 40 interrupt stack 1
        GATE CODE0, stub81 - mb + BASE, 0xef, 2   ; 41 2, not aligned
        GATE CODE0, stub81 - mb + BASE, 0xee, 3   ; 42 3, not mapped
        GATE 0x0c, LOW, 0xee                    ; 43 LDT, level 3
        DESC 0, 0, 0x92, 0                      ; 44 data descriptor
        dq 0
        dq 0, 0                                 ; 45 nothing
odd_gates_end:

        align 16
scratch times 64 dq 0
level   dd 0
action  dd 0
index   dd 0
selector dd 0
resume  dq 0
        align 16
gdt     times gdt_end - gdt_original db 0
        align 16
idt     times 256 * 16 db 0
        align 4096
PML4    equ 0x200000
PDPT    equ 0x201000
PD      equ 0x202000
