; SPDX-License-Identifier: MIT
;
; Real mode, reached from 32-bit protected mode: interrupts through the vector table, software interrupts, IRET, far transfers in both
; operand sizes, segment loads, PUSHF and POPF, instructions that real mode does not have, unreal mode, LMSW, SMSW, LGDT, ports,
; string instructions, arithmetic faults, traps. One line a test:
;   number vector cs:ip flags ss:sp ds es fs gs eax, then four words of the stack
; Segment limits are left out: QEMU's TCG checks none.

bits 32
org 0x100000
BASE    equ 0x8000                  ; where the 16-bit part goes
mb:     dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), mb, mb, 0, 0, start

start:  mov esp, 0x7000
        cli
        cld
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov edi, 0x5000
        mov ecx, 0x2000 / 4
        xor eax, eax
        rep stosd
        mov esi, image
        mov edi, BASE
        mov ecx, image_end - image
        rep movsb
        lgdt [gdtr]
        lidt [idtr]
        jmp 0x08:BASE
gdtr:   dw 31
        dd gdt
idtr:   dw 0x3ff
        dd 0
gdt:    dq 0, 0x00009b000000ffff, 0x000093000000ffff, 0x008f93000000ffff

        align 16
image:
%define AT_(x) (BASE + (x) - image)
bits 16
        ; 16-bit protected mode: FS gets 4 GiB and keeps them
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov gs, ax
        mov ax, 0x18
        mov fs, ax
        mov eax, cr0
        and al, ~1
        mov cr0, eax
        jmp 0:AT_(real)
real:   xor ax, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov sp, 0x7000
        ; vectors 0 to 1fh and 40h to 43h
        xor cx, cx
.ivt:   mov bx, cx
        shl bx, 2
        mov ax, cx
        shl ax, 3
        add ax, AT_(stubs)
        mov [bx], ax
        mov word [bx + 2], 0
        inc cx
        cmp cx, 0x20
        jb .ivt
        mov word [0x40 * 4], AT_(stub40)
        mov word [0x40 * 4 + 2], 0
        mov word [0x41 * 4], 5
        mov word [0x41 * 4 + 2], (AT_(stub40) - 5) >> 4
        mov word [AT_(number)], 0
next:   mov sp, 0x7000
        xor ax, ax
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov edi, 0x6e00
        mov ecx, 0x200 / 4
        mov eax, 0xeeeeeeee
        rep stosd
        push 2
        popf
        mov dword [AT_(dr)], 0
        xor eax, eax
        mov dr7, eax
        mov dr6, eax
        mov bx, [AT_(number)]
        inc word [AT_(number)]
        cmp bx, (tests_end - tests) / 2
        jae finish
        mov ax, bx
        call hex2
        mov si, bx
        shl si, 1
        mov bx, [AT_(tests) + si]
        mov eax, 0xabcd1234
        xor ecx, ecx
        xor edx, edx
        xor ebp, ebp
        jmp bx
finish: mov al, 0
        out 0xf4, al
        cli
        hlt

%macro END 0
        int 0x40
%endmacro
tests:
        dw AT_(t_int), AT_(t_int41), AT_(t_iret), AT_(t_iretd), AT_(t_jmp16), AT_(t_jmp32), AT_(t_call16), AT_(t_call32), AT_(t_ret)
        dw AT_(t_retd), AT_(t_retimm), AT_(t_loads), AT_(t_lds), AT_(t_pushpop), AT_(t_pushd), AT_(t_popf), AT_(t_popfd), AT_(t_lldt)
        dw AT_(t_ltr), AT_(t_sldt), AT_(t_str), AT_(t_verr), AT_(t_lar), AT_(t_arpl), AT_(t_div), AT_(t_idiv), AT_(t_bound), AT_(t_into)
        dw AT_(t_int3), AT_(t_ud2), AT_(t_aam), AT_(t_unreal), AT_(t_smsw), AT_(t_lmsw), AT_(t_sgdt), AT_(t_sidt), AT_(t_cli), AT_(t_ports)
        dw AT_(t_tf), AT_(t_movss), AT_(t_movcs), AT_(t_mov6), AT_(t_cr4), AT_(t_dr), AT_(t_bp), AT_(t_syscall), AT_(t_sysenter), AT_(t_sysexit)
        dw AT_(t_clts), AT_(t_msr), AT_(t_wrap), AT_(t_sp0), AT_(t_spodd), AT_(t_movs), AT_(t_rep), AT_(t_rep32), AT_(t_scas), AT_(t_seg)
        dw AT_(t_ea), AT_(t_ea32), AT_(t_loop), AT_(t_jcxz), AT_(t_enter), AT_(t_pusha), AT_(t_bcd), AT_(t_lock), AT_(t_invlpg), AT_(t_rdtsc)
        dw AT_(t_protect), AT_(t_xlat), AT_(t_lss), AT_(t_callind), AT_(t_salc), AT_(t_smc)
tests_end:
t_int:  stc
        int 0x40
t_int41:
        int 0x41
t_iret: push 0x4ed7
        push 0
        push AT_(.to)
        iret
.to:    END
t_iretd:
        push dword 0x003c4ed7 & ~0x20000
        push dword 0x12340000
        push dword AT_(.to)
        o32 iret
.to:    pushfd
        pop eax
        END
t_jmp16:
        jmp (AT_(landing) - 3) >> 4:((AT_(landing) - 3) & 15) + 3
t_jmp32:
        jmp dword 0x10:AT_(landing) - 0x100
t_call16:
        call 0x20:AT_(landing) - 0x200
t_call32:
        call dword 0x30:AT_(landing) - 0x300
t_ret:  push 0x40
        push AT_(landing) - 0x400
        retf
t_retd: push dword 0x77770050
        push dword AT_(landing) - 0x500
        o32 retf
t_retimm:
        push 0x40
        push AT_(landing) - 0x400
        retf 6
landing:
        END
t_loads:
        mov ax, 0x1234
        mov ds, ax
        inc ax
        mov es, ax
        inc ax
        mov fs, ax
        inc ax
        mov gs, ax
        END
t_lds:  mov dword [0x6000], 0x11112222
        mov word [0x6004], 0x3333
        les bx, [0x6000]
        o32 lfs eax, [0x6000]
        lgs cx, [0x6001]
        lds ax, [0x6002]
        END
t_pushpop:
        push 0x1111
        pop es
        push 0x2222
        pop fs
        push es
        push fs
        push cs
        pop ax
        END
t_pushd:
        mov ax, 0x5678
        mov es, ax
        o32 push es
        o32 push fs
        pop eax
        o32 pop gs
        END
t_popf: push 0xffff & ~0x300
        popf
        pushf
        pop ax
        END
t_popfd:
        push dword 0xffffffff & ~0x20300
        popfd
        pushfd
        pop eax
        END
t_lldt: lldt ax
        END
t_ltr:  ltr ax
        END
t_sldt: sldt ax
        END
t_str:  str ax
        END
t_verr: verr ax
        END
t_lar:  lar ax, ax
        END
t_arpl: arpl ax, cx
        END
t_div:  div cl
        END
t_idiv: mov ax, 0x8000
        mov cl, 1
        idiv cl
        END
t_bound:
        mov dword [0x6000], 0x00050003
        mov ax, 6
        bound ax, [0x6000]
        END
t_into: mov al, 0x7f
        inc al
        into
        END
t_int3: int3
        END
t_ud2:  ud2
        END
t_aam:  aam 0
        END
t_unreal:
        mov ebx, 0x100000
        mov eax, [fs:ebx]
        END
t_smsw: smsw ax
        and ax, 9
        END
t_lmsw: smsw ax
        and al, 0xf0
        or al, 8
        lmsw ax
        smsw ax
        and ax, 9
        clts
        END
t_sgdt: sgdt [0x6000]
        mov eax, [0x6001]
        END
t_sidt: lidt [AT_(newidt)]
        sidt [0x6000]
        mov eax, [0x6000]
        lidt [AT_(oldidt)]
        END
newidt: dw 0x1ff
        dd 0xab123456
oldidt: dw 0x3ff
        dd 0
t_cli:  sti
        nop
        pushf
        pop ax
        cli
        pushf
        pop cx
        END
t_ports:
        mov dx, 0x80
        mov al, 0x55
        out dx, al
        mov si, 0x6000
        outsb
        mov di, 0x6000
        END
t_tf:   pushf
        or byte [0x6fff], 1
        popf
        nop
        nop
        END
t_movss:
        pushf
        or byte [0x6fff], 1
        popf
        mov ss, cx
        nop
        nop
        END
t_movcs:
        db 0x8e, 0xc8
        END
t_mov6: db 0x8e, 0xf0
        END
t_cr4:  mov eax, cr4
        and eax, ~0x600
        END
t_dr:   mov eax, 0x123
        mov dr3, eax
        xor eax, eax
        mov eax, dr3
        END
t_bp:   mov eax, 0x6004
        mov dr0, eax
        mov eax, 0x000d0402
        mov dr7, eax
        mov cl, [0x6004]
        mov [0x6007], cl
        nop
        END
t_syscall:
        syscall
        END
t_sysenter:
        sysenter
        END
t_sysexit:
        sysexit
        END
t_clts: clts
        mov eax, cr0
        and eax, 8
        END
t_msr:  mov ecx, 0x277
        rdmsr
        END
t_wrap: mov ax, 0xffff
        mov es, ax
        mov word [0x6010], 0x4321
        mov ax, [es:0x6020]
        END
t_sp0:  mov sp, 0x6002
        push ax
        push ax
        mov sp, 0x7000
        END
t_spodd:
        mov sp, 0x6ff1
        push cx
        END
t_movs: mov si, AT_(newidt)
        mov di, 0x6000
        movsb
        movsw
        o32 movsd
        mov ax, si
        sub ax, AT_(newidt)
        END
t_rep:  mov cx, 5
        mov di, 0x6000
        mov al, 0x77
        rep stosb
        mov ax, di
        END
t_rep32:
        mov ecx, 0x10003
        mov edi, 0x10005000
        xor edi, 0x10000000
        mov esi, 0x5100
        mov ecx, 3
        a32 rep movsw
        mov eax, edi
        END
t_scas: mov di, AT_(newidt)
        mov cx, 10
        mov al, 0x56
        repne scasb
        mov ax, cx
        END
t_seg:  mov ax, 0x600
        mov es, ax
        mov word [0x6008], 0x9876
        mov ax, [es:8]
        mov bp, 0x6008
        mov cx, [bp]
        END
t_ea:   mov word [0x6030], 0xbeef
        mov bx, 0x6000
        mov si, 0x20
        mov ax, [bx + si + 0x10]
        mov bx, 0xf000
        mov si, 0x7030
        mov cx, [bx + si]
        END
t_ea32: mov word [0x6040], 0xcafe
        mov ebx, 0x6000
        mov ecx, 0x10
        mov ax, [ebx + ecx * 4]
        END
t_loop: mov cx, 3
.l:     inc ax
        loop .l
        END
t_jcxz: mov ecx, 0x10000
        jcxz .z
        inc ax
.z:     jecxz .e
        add ax, 2
.e:     END
t_enter:
        enter 8, 2
        mov ax, bp
        leave
        END
t_pusha:
        mov bx, 0x1111
        pusha
        mov ax, [0x6ff8]
        popa
        END
t_bcd:  mov ax, 0x0905
        aad
        daa
        aas
        mov ah, 0
        END
t_lock: db 0xf0, 0x90
        END
t_invlpg:
        invlpg [0x1000]
        END
t_rdtsc:
        rdtsc
        xor eax, eax
        END
t_protect:
        ; into protected mode and back without loading a segment: what was cached stays
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov cx, [0x6010]
        and al, ~1
        mov cr0, eax
        mov ax, cx
        END
t_xlat: mov bx, AT_(newidt)
        mov al, 3
        xlatb
        END
t_lss:  mov dword [0x6000], 0x06006f00
        lss sp, [0x6000]
        mov ax, sp
        END
t_callind:
        mov dword [0x6000], (0x40 << 16) | (AT_(landing) - 0x400)
        call far [0x6000]
t_salc: stc
        db 0xd6
        END
t_smc:  mov byte [AT_(.imm) + 1], 0x99
.imm:   mov al, 0x11
        END

        align 8
stubs:
%assign v 0
%rep 0x20
        align 8
        push v
        jmp near entry
%assign v v + 1
%endrep
        align 16
stub40: push 0x40
        jmp near entry

; frame: vector, ip, cs, flags
entry:  push ds
        push es
        push fs
        push gs
        push eax
        push ss
        xor ax, ax
        mov ds, ax
        mov bp, sp
        ; 0 ss, 2 eax, 6 gs, 8 fs, 10 es, 12 ds, 14 vector, 16 ip, 18 cs, 20 flags, 22: the stack before
        mov ax, [bp + 14]
        call hex2
        mov ax, [bp + 18]
        call hex4
        mov ax, [bp + 16]
        call hex4
        mov ax, [bp + 20]
        and ax, 0x7741
        call hex4
        mov ax, [bp]
        call hex4
        lea ax, [bp + 22]
        call hex4
        mov ax, [bp + 12]
        call hex4
        mov ax, [bp + 10]
        call hex4
        mov ax, [bp + 8]
        call hex4
        mov ax, [bp + 6]
        call hex4
        mov eax, [bp + 2]
        call hex8
        lea si, [bp + 22]
        mov cx, 4
.s:     mov ax, [ss:si]
        call hex4
        add si, 2
        loop .s
        mov eax, dr6
        call hex8
        mov al, 10
        out 0xe9, al
        jmp 0:AT_(next)

hex2:   shl eax, 24
        mov dh, 2
        jmp hex
hex4:   shl eax, 16
        mov dh, 4
        jmp hex
hex8:   mov dh, 8
hex:    rol eax, 4
        push eax
        and al, 15
        cmp al, 10
        jb .d
        add al, 'a' - '0' - 10
.d:     add al, '0'
        out 0xe9, al
        pop eax
        dec dh
        jnz hex
        mov al, ' '
        out 0xe9, al
        ret
number  dw 0
dr      dd 0
image_end:
