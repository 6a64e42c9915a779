; SPDX-License-Identifier: MIT
;
; 2-level paging (pages of 4 KiB and 4 MiB) and PAE paging (4 KiB and 2 MiB): every combination of CR0.WP, CR4.SMEP, CR4.SMAP, RFLAGS.AC and
; (PAE) EFER.NXE with all rights of the last entry and of the one above, read, write and fetch at levels 0 and 3. One line for each
;   format mode size access
; with 64 results: error code or --, then accessed and dirty bit of the last entry and accessed bit of the one above as 1, 2, 4.
; Then reserved bits, with bits 39:21 aside (they lead to memory that one machine has and the other has not), and PDPTE loads.

bits 32
org 0x100000
STACK0  equ 0x6800
CODE0   equ 0x08
DATA0   equ 0x10
CODE3   equ 0x18
DATA3   equ 0x20
TSS     equ 0x28
EFER    equ 0xc0000080
PROBE   equ 0x40000000
ALIAS   equ 0x80000000              ; the first 4 MiB once more, for level 3

; 2-level
DIR     equ 0x200000
TABLE   equ 0x201000
; PAE
PDPT    equ 0x202000
PD0     equ 0x203000
PD1     equ 0x204000
PD2     equ 0x205000
PT1     equ 0x206000
FRAME   equ 0x210000
FRAME2  equ 0x400000

mb:     dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), mb, mb, 0, 0, start

start:  mov esp, STACK0
        cli
        cld
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov edi, DIR
        mov ecx, 0x20000 / 4
        xor eax, eax
        rep stosd
        mov dword [DIR], 0x83
        mov dword [DIR + 4], 0x400083
        mov dword [DIR + (ALIAS >> 22) * 4], 0x87
        mov dword [PDPT], PD0 | 1
        mov dword [PDPT + 8], PD1 | 1
        mov dword [PDPT + 16], PD2 | 1
        mov dword [PD0], 0x83
        mov dword [PD0 + 8], 0x200083
        mov dword [PD0 + 16], 0x400083
        mov dword [PD2], 0x87
        mov dword [PD2 + 8], 0x200087
        lgdt [gdtr]
        jmp CODE0:.flat
.flat:  mov ax, DATA0
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
        mov ecx, 13
        mov eax, protection
        mov dx, 0x8e00
        call gate
        mov ecx, 0x81
        mov eax, done
        mov dx, 0xee00
        call gate
        lidt [idtr]
        mov word [FRAME], 0x81cd
        mov word [FRAME2], 0x81cd

        mov dword [format], 0
formats:
        call enter
        mov dword [mode], 0
modes:  mov dword [size], 0
sizes:  mov dword [access], 0
accesses:
        mov eax, [format]
        call hex
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
        cmp dword [size], 2
        jb sizes
        inc dword [mode]
        cmp dword [mode], 32
        jb modes

        mov dword [mode], 0x11
        mov dword [access], 0
        mov dword [size], 0
rsize:  mov dword [where], 0
rwhere: mov al, 'R'
        out 0xe9, al
        mov eax, [format]
        call hex
        mov eax, [size]
        call hex
        mov eax, [where]
        call hex
        mov dword [entry], 0x37
        mov dword [extra], 0x100
        mov dword [extra + 4], 0
.bit:   test dword [extra], 0xffe00000
        jnz .skip
        test dword [extra + 4], 0xff
        jnz .skip
        call try
.skip:  shl dword [extra], 1
        rcl dword [extra + 4], 1
        jc .end
        cmp dword [format], 0
        jne .bit
        cmp dword [extra + 4], 0
        je .bit
.end:   mov al, 10
        out 0xe9, al
        inc dword [where]
        cmp dword [where], 2
        jb rwhere
        inc dword [size]
        cmp dword [size], 2
        jb rsize
        mov dword [extra], 0
        mov dword [extra + 4], 0
        mov dword [where], 0
        inc dword [format]
        cmp dword [format], 2
        jb formats

        ; loads of CR3 with one bit too many in a pointer that is there, and in one that is not
        mov dword [entry], 1
.load:  mov al, 'L'
        out 0xe9, al
        mov eax, [entry]
        call hex
        mov dword [PDPT + 24], PD0
        mov dword [PDPT + 28], 0
        mov dword [saved], esp
        mov dword [back], .next
        mov ecx, [entry]
        cmp ecx, 64
        jae .absent
        or dword [PDPT + 24], 1
.absent:
        and ecx, 63
        bts dword [PDPT + 24], ecx
        mov eax, cr3
        mov cr3, eax
        mov al, '-'
        out 0xe9, al
.next:  mov esp, [saved]
        mov al, 10
        out 0xe9, al
        inc dword [entry]
        cmp dword [entry], 128
        jb .load
        mov dword [PDPT + 24], 0
        mov dword [PDPT + 28], 0

        mov al, 0
        out 0xf4, al
        cli
        hlt

; paging of `format`
enter:  mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        mov eax, 0x90               ; PSE, PGE
        mov ecx, DIR
        cmp dword [format], 0
        je .on
        mov eax, 0xa0               ; PAE, PGE
        mov ecx, PDPT
.on:    mov cr4, eax
        mov [cr4base], eax
        mov cr3, ecx
        mov eax, 0x80000031
        mov cr0, eax
        ret

try:    mov eax, 0x80000031
        test byte [mode], 1
        jz .wp
        or eax, 0x10000
.wp:    mov cr0, eax
        mov eax, [cr4base]
        test byte [mode], 2
        jz .smep
        or eax, 0x100000
.smep:  test byte [mode], 4
        jz .smap
        or eax, 0x200000
.smap:  mov cr4, eax
        mov ecx, EFER
        rdmsr
        and ah, ~8
        test byte [mode], 16
        jz .nxe
        or ah, 8
.nxe:   wrmsr
        ; last entry: bits 0 P, 1 R/W, 2 U/S of `entry`, bit 3 NX; the one above: bits 4 R/W, 5 U/S
        mov edx, [entry]
        mov eax, edx
        and eax, 7
        xor ebx, ebx
        test dl, 8
        jz .nx
        mov ebx, 0x80000000
.nx:    shr edx, 3
        and edx, 6
        or edx, 1
        xor ecx, ecx
        cmp dword [format], 0
        jne .pae
        cmp dword [size], 0
        jne .four
        or eax, FRAME
        or edx, TABLE
        mov esi, TABLE
        mov edi, DIR + (PROBE >> 22) * 4
        jmp .extra
.four:  or eax, FRAME2 | 0x80
        mov esi, DIR + (PROBE >> 22) * 4
        mov edi, spare
        jmp .extra
.pae:   cmp dword [size], 0
        jne .two
        or eax, FRAME
        or edx, PT1
        mov esi, PT1
        mov edi, PD1
        jmp .extra
.two:   or eax, FRAME2 | 0x80
        mov esi, PD1
        mov edi, spare
.extra: cmp dword [where], 0
        jne .above
        or eax, [extra]
        or ebx, [extra + 4]
        jmp .store
.above: or edx, [extra]
        or ecx, [extra + 4]
.store: mov [esi], eax
        mov [edi], edx
        cmp dword [format], 0
        je .stored
        mov [esi + 4], ebx
        mov [edi + 4], ecx
.stored:
        mov [last], esi
        mov [upper], edi
        mov ebx, PROBE
        invlpg [ebx]
        mov [saved], esp
        mov eax, [access]
        mov ecx, [acts + eax * 4]
        cmp eax, 3
        jae .user
        test byte [mode], 8
        jz .noac
        push dword 0x40002
        popfd
.noac:  jmp ecx
.user:  add ecx, ALIAS
        push dword DATA3 | 3
        push dword 0
        mov eax, [mode]
        and eax, 8
        shl eax, 15
        or eax, 2
        push eax
        push dword CODE3 | 3
        push ecx
        iret

acts:   dd a_read, a_write, a_fetch, a_read, a_write, a_fetch
a_read: mov al, [ss:ebx]
        int 0x81
a_write:
        mov byte [ss:ebx + 16], 1
        int 0x81
a_fetch:
        jmp ebx

done:   mov ax, DATA0
        mov ds, ax
        mov al, '-'
        out 0xe9, al
        out 0xe9, al
        jmp report
fault:  mov ax, DATA0
        mov ds, ax
        mov eax, [esp]
        ror eax, 4
        call digit
        rol eax, 4
        call digit
report: push dword 2
        popfd
        mov esi, [last]
        mov edi, [upper]
        mov eax, [esi]
        shr eax, 5
        and eax, 3
        test byte [edi], 0x20
        jz .up
        or eax, 4
.up:    call digit
        mov al, ' '
        out 0xe9, al
        mov esp, [saved]
        ret
other:  mov al, '!'
        out 0xe9, al
        jmp report
protection:
        mov al, 'G'
        out 0xe9, al
        jmp [back]

hex:    push eax
        shr eax, 4
        call digit
        pop eax
        call digit
        mov al, ' '
        out 0xe9, al
        ret
digit:  push eax
        and eax, 15
        mov al, [digits + eax]
        out 0xe9, al
        pop eax
        ret
digits  db '0123456789abcdef'

gate:   mov [idt + ecx * 8], ax
        mov word [idt + ecx * 8 + 2], CODE0
        mov [idt + ecx * 8 + 4], dx
        shr eax, 16
        mov [idt + ecx * 8 + 6], ax
        ret

        align 16
gdt:    dq 0
        dq 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
        dw 0x67, (tss - mb) & 0xffff
        db 0x10 + ((tss - mb) >> 16), 0x89, 0, 0
gdtr:   dw $ - gdt - 1
        dd gdt
idtr:   dw 256 * 8 - 1
        dd idt
        align 16
tss:    dd 0
        dd 0x6400, DATA0
        times 0x68 - 12 db 0
format  dd 0
mode    dd 0
size    dd 0
access  dd 0
entry   dd 0
where   dd 0
cr4base dd 0
extra   dq 0
last    dd 0
upper   dd 0
saved   dd 0
back    dd 0
spare   dq 0
        align 16
idt     times 256 * 8 db 0
