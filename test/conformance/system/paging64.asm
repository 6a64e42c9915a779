; SPDX-License-Identifier: MIT
;
; 4-level paging: every combination of CR0.WP, CR4.SMEP, CR4.SMAP, RFLAGS.AC and EFER.NXE with pages of 4 KiB, 2 MiB and 1 GiB, read,
; write and fetch at levels 0 and 3, last entry P, R/W, U/S, NX, entry above it R/W and U/S. One line for each
;   mode size access level
; with 64 results: error code or --, then accessed and dirty bit of the last entry and accessed bit of the one above as 1, 2, 4.
; Then reserved bits of every level (bits 39:21 aside, which lead to memory that one machine has and the other has not), global pages over
; CR3 writes, and INVLPG.

bits 32
org 0x100000
STACK0  equ 0x6800
CODE0   equ 0x08
DATA0   equ 0x10
CODE3   equ 0x18
DATA3   equ 0x20
TSS     equ 0x28
EFER    equ 0xc0000080
PROBE    equ 0x8000000000            ; PML4[1]
ALIAS    equ 0x80000000              ; the first 2 MiB once more, for level 3

PML4    equ 0x200000
PDPT    equ 0x201000
PD      equ 0x202000
PDUSER  equ 0x203000
PDPTT   equ 0x204000
PDT     equ 0x205000
PTT     equ 0x206000
FRAME   equ 0x210000
FRAME2  equ 0x400000

mb:     dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), mb, mb, 0, 0, start

start:  mov esp, STACK0
        cli
        cld
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov edi, PML4
        mov ecx, 0x20000 / 4
        xor eax, eax
        rep stosd
        mov dword [PML4], PDPT | 7
        mov dword [PDPT], PD | 3
        mov dword [PDPT + 16], PDUSER | 7
        mov dword [PDUSER], 0x87
        mov edi, PD
        mov eax, 0x83
        mov ecx, 512
.pd:    stosd
        add edi, 4
        add eax, 0x200000
        loop .pd
        mov eax, 0x6a0              ; PAE, PGE, OSFXSR
        mov cr4, eax
        mov eax, PML4
        mov cr3, eax
        mov ecx, EFER
        mov eax, 0x901
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
        mov ax, TSS
        ltr ax
        xor ecx, ecx
.idt:   mov eax, other
        mov dx, 0x8e00
        call gate
        inc ecx
        cmp ecx, 32
        jb .idt
        mov ecx, 14
        mov eax, fault
        mov dx, 0x8e00
        call gate
        mov ecx, 0x81
        mov eax, done
        mov dx, 0xee00
        call gate
        lidt [idtr]
        ; what fetches execute
        mov word [FRAME], 0x81cd
        mov word [FRAME2], 0x81cd
        mov word [0], 0x81cd

        mov dword [mode], 0
modes:  mov dword [size], 0
sizes:  mov dword [access], 0
accesses:
        mov eax, [mode]
        call hex
        mov eax, [size]
        call hex
        mov eax, [access]
        call hex
        mov dword [entry], 0
each:   call try
        inc dword [entry]
        cmp dword [entry], 64
        jb each
        mov al, 10
        out 0xe9, al
        inc dword [access]
        cmp dword [access], 6
        jb accesses
        inc dword [size]
        cmp dword [size], 3
        jb sizes
        inc dword [mode]
        cmp dword [mode], 32
        jb modes

        ; reserved bits: all else allowed, one bit set in one entry
        mov dword [mode], 0x11
        mov dword [access], 0
        mov dword [size], 0
rsize:  mov dword [where], 0
rwhere: mov al, 'R'
        out 0xe9, al
        mov eax, [size]
        call hex
        mov eax, [where]
        call hex
        mov dword [entry], 0x37
        mov qword [extra], 0x80
.bit:   mov rax, 0xffffe00000
        test [extra], rax
        jnz .skip
        call try
.skip:  shl qword [extra], 1
        jnc .bit
        mov al, 10
        out 0xe9, al
        inc dword [where]
        cmp dword [where], 2
        jb rwhere
        inc dword [size]
        cmp dword [size], 3
        jb rsize
        mov qword [extra], 0

        ; a global page survives a CR3 write with its old translation, another one does not; INVLPG drops both
        mov qword [PML4 + 8], PDPTT | 7
        mov qword [PDPTT], PDT | 7
        mov qword [PDT], PTT | 7
        mov qword [PTT], FRAME | 0x103
        mov qword [PTT + 8], FRAME | 0x003
        mov rbx, PROBE
        mov dword [FRAME + 8], 0x11
        mov dword [FRAME + 0x1008], 0x22
        mov rax, cr4
        xor al, 0x80
        mov cr4, rax
        xor al, 0x80
        mov cr4, rax
        mov eax, [rbx + 8]
        call hex
        mov eax, [rbx + 0x1008]
        call hex
        mov qword [PTT], (FRAME + 0x1000) | 0x103
        mov qword [PTT + 8], (FRAME + 0x1000) | 0x003
        mov rax, cr3
        mov cr3, rax
        ; (whether the global translation is still there is the processor's choice: QEMU drops it)
        mov eax, [rbx + 0x1008]
        call hex
        mov al, [rbx + 8]
        invlpg [rbx]
        mov eax, [rbx + 8]
        call hex
        mov al, 10
        out 0xe9, al

        mov al, 0
        out 0xf4, al
        cli
        hlt

; one access under mode, size, access, entry
try:    mov eax, 0x80000031
        test byte [mode], 1
        jz .wp
        or eax, 0x10000
.wp:    mov cr0, rax
        mov eax, 0x6a0
        test byte [mode], 2
        jz .smep
        or eax, 0x100000
.smep:  test byte [mode], 4
        jz .smap
        or eax, 0x200000
.smap:  mov cr4, rax
        mov ecx, EFER
        rdmsr
        and ah, ~8
        test byte [mode], 16
        jz .nxe
        or ah, 8
.nxe:   wrmsr
        ; last entry: bits 0 P, 1 R/W, 2 U/S of `entry`, bit 3 NX; the one above: bits 4 R/W, 5 U/S
        mov eax, [entry]
        mov edx, eax
        and eax, 7
        test edx, 8
        jz .nx
        bts rax, 63
.nx:    shr edx, 3
        and edx, 6
        or edx, 1
        mov qword [PML4 + 8], PDPTT | 7
        mov qword [PDPTT], PDT | 7
        mov qword [PDT], PTT | 7
        cmp dword [size], 1
        ja .huge
        je .large
        or rax, FRAME
        or edx, PTT
        mov esi, PTT
        mov edi, PDT
        jmp .set
.large: or rax, FRAME2 | 0x80
        or edx, PDT & ~0xfff
        mov edx, edx
        mov esi, PDT
        mov edi, PDPTT
        jmp .set
.huge:  or rax, 0x80
        or edx, PDPTT
        mov esi, PDPTT
        mov edi, PML4 + 8
.set:   mov r8, [extra]
        cmp dword [where], 0
        jne .above
        or rax, r8
        jmp .store
.above: or rdx, r8
.store: mov [rsi], rax
        mov [rdi], rdx
        mov [last], rsi
        mov [upper], rdi
        mov rbx, PROBE
        invlpg [rbx]
        mov [saved], rsp
        mov eax, [access]
        mov ecx, [acts + rax * 4]
        cmp eax, 3
        jae .user
        test byte [mode], 8
        jz .noac
        push 0x40002
        popfq
.noac:  jmp rcx
.user:  mov eax, ALIAS
        add rcx, rax
        push DATA3 | 3
        push 0
        mov eax, [mode]
        and eax, 8
        shl eax, 15
        or eax, 2
        push rax
        push CODE3 | 3
        push rcx
        iretq

acts:   dd a_read, a_write, a_fetch, a_read, a_write, a_fetch
a_read: mov al, [rbx]
        int 0x81
a_write:
        mov byte [rbx + 16], 1
        int 0x81
a_fetch:
        jmp rbx

done:   mov al, '-'
        out 0xe9, al
        out 0xe9, al
        jmp report
fault:  mov rax, [rsp]
        ror eax, 4
        call digit
        rol eax, 4
        call digit
report: push 2
        popfq
        mov rsi, [last]
        mov rdi, [upper]
        mov rax, [rsi]
        shr eax, 5
        and eax, 3
        test byte [rdi], 0x20
        jz .up
        or eax, 4
.up:    call digit
        mov al, ' '
        out 0xe9, al
        mov rsp, [saved]
        ret
other:  mov al, '!'
        out 0xe9, al
        jmp report

hex:    push rax
        shr eax, 4
        call digit
        pop rax
        call digit
        mov al, ' '
        out 0xe9, al
        ret
digit:  push rax
        and eax, 15
        mov al, [digits + rax]
        out 0xe9, al
        pop rax
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
        mov dword [rdi + 8], 0
        mov dword [rdi + 12], 0
        ret

        align 16
gdt:    dq 0
        dq 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00affb000000ffff, 0x00cff3000000ffff
        dw 0x67, (tss - mb) & 0xffff
        db 0x10 + ((tss - mb) >> 16), 0x89, 0, 0
        dq 0
gdtr:   dw $ - gdt - 1
        dq gdt
idtr:   dw 256 * 16 - 1
        dq idt
        align 16
tss:    dd 0
        dq 0x6400
        times 0x68 - 12 db 0
mode    dd 0
size    dd 0
access  dd 0
entry   dd 0
where   dd 0
extra   dq 0
last    dq 0
upper   dq 0
saved   dq 0
        align 16
idt     times 256 * 16 db 0
