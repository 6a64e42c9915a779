; SPDX-License-Identifier: MIT
;
; The kernel under random sequences (layout.ts tells addresses and formats). Every reset of the processor enters here: what the last
; sequence left in memory is hashed and kept with its exceptions, the next one gets its memory and registers and is entered. A sequence ends
; in a triple fault, whatever state it has got itself into.
;
; Exceptions and interrupts are recorded, and the sequence goes on: after a trap where it stands, after a fault with its next unit.

bits 16
org 0x3000

VARS        equ 0x3f0000        ; number of the sequence, how many there are
CASES       equ 0x400000
CASE_SIZE   equ 0x800
RESULTS     equ 0x1000000
RESULT_SIZE equ 0x2c00
EVENTS      equ 0x20000
EVENT_SIZE  equ 0x140
MOST_EVENTS equ 32
COUNT       equ 0x1fff0         ; of events so far
STATUS      equ 0x1fff4         ; 1: ended on purpose
HEADER      equ 0x600
CODE        equ 0x8000
EFER        equ 0xc0000080
UART_VECTOR equ 0x24

H_ENTRY     equ HEADER
H_TEMPLATE  equ HEADER + 4
H_CR0       equ HEADER + 8
H_CR3       equ HEADER + 12
H_CR4       equ HEADER + 16
H_EFER      equ HEADER + 20
H_CS        equ HEADER + 24
H_SS        equ HEADER + 28
H_DS        equ HEADER + 32
H_ES        equ HEADER + 36
H_FS        equ HEADER + 40
H_GS        equ HEADER + 44
H_FLAGS     equ HEADER + 48
H_IP        equ HEADER + 52
H_LDT       equ HEADER + 56
H_TSS       equ HEADER + 60
H_REGISTERS equ HEADER + 64
H_GDTR      equ HEADER + 0xc0
H_IDTR      equ HEADER + 0xd0
H_CODE      equ HEADER + 0xe0   ; eight selectors in which a sequence may go on
H_END       equ HEADER + 0xf0
H_COUNT     equ HEADER + 0xf2
H_UNITS     equ HEADER + 0xf4

entry:  cli
        cld
        xor ax, ax
        mov ds, ax
        lgdt [own_gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:protected
own_gdtr:
        dw 0x27
        dd own_gdt
own_gdt:
        dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00009b000000ffff, 0x000093000000ffff
nothing:
        dw 0, 0, 0
pages:  db 0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 14, 0x10, 0x11, 0x12, 0x13
pages_end:
bits 32
protected:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7000
        mov ebp, [VARS]
        test ebp, ebp
        js .next
        imul edi, ebp, RESULT_SIZE
        add edi, RESULTS
        mov eax, [COUNT]
        stosd
        mov eax, [STATUS]
        stosd
        xor edx, edx
.page:  movzx esi, byte [pages + edx]
        shl esi, 12
        mov ecx, 1024
        xor ebx, ebx
.hash:  lodsd
        imul ebx, 0x01000193
        xor ebx, eax
        dec ecx
        jnz .hash
        mov eax, ebx
        stosd
        inc edx
        cmp edx, pages_end - pages
        jb .page
        imul edi, ebp, RESULT_SIZE
        add edi, RESULTS + 0x80
        mov ecx, [COUNT]
        cmp ecx, MOST_EVENTS
        jbe .few
        mov ecx, MOST_EVENTS
.few:   imul ecx, EVENT_SIZE / 4
        mov esi, EVENTS
        rep movsd
.next:  inc ebp
        mov [VARS], ebp
        cmp ebp, [VARS + 4]
        jb load
        mov al, 0
        out 0xf4, al
        cli
        hlt

load:   xor eax, eax
        mov [COUNT], eax
        mov [STATUS], eax
        mov edi, EVENTS
        mov ecx, MOST_EVENTS * EVENT_SIZE / 4
        rep stosd
        ; all memory below 14000h but this code, and what the sequence has of its own
        imul ebx, ebp, CASE_SIZE
        add ebx, CASES
        mov esi, [ebx + H_TEMPLATE - HEADER]
        shl esi, 17
        add esi, [templates]
        xor edi, edi
        mov ecx, 0x3000 / 4
        rep movsd
        add esi, 0x2000
        add edi, 0x2000
        mov ecx, 0xf000 / 4
        rep movsd
        mov esi, ebx
        mov edi, HEADER
        mov ecx, 0x200 / 4
        rep movsd
.patch: lodsd
        mov edi, eax
        lodsd
        mov ecx, eax
        jecxz .ready
        rep movsb
        jmp .patch
.ready: ; the 8259's interrupts by way of LINT0
        mov dword [0xfee000f0], 0x1ff
        mov dword [0xfee00350], 0x700
        ; interrupts 20h to 2fh, only the UART's comes through
        mov dx, 0x3f9
        mov al, 0
        out dx, al
        mov dx, 0x3fa
        in al, dx
        mov al, 0x11
        out 0x20, al
        mov al, 0x20
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 1
        out 0x21, al
        mov al, 0xef
        out 0x21, al
        fninit
        mov eax, [H_CR4]
        mov cr4, eax
        mov eax, [H_CR3]
        mov cr3, eax
        mov ecx, EFER
        mov eax, [H_EFER]
        xor edx, edx
        wrmsr
        lgdt [H_GDTR]
        cmp dword [H_ENTRY], 0
        je to_real
        mov eax, [H_CR0]
        mov cr0, eax
        cmp dword [H_ENTRY], 2
        je to_long
        lidt [H_IDTR]
        lldt [H_LDT]
        ltr [H_TSS]
        mov es, [H_ES]
        mov fs, [H_FS]
        mov gs, [H_GS]
        test byte [H_CS], 3
        jnz .outer
        mov ss, [H_SS]
        mov esp, [H_REGISTERS + 4 * 8]
        jmp .frame
.outer: push dword [H_SS]
        push dword [H_REGISTERS + 4 * 8]
.frame: push dword [H_FLAGS]
        push dword [H_CS]
        push dword [H_IP]
        push dword [H_DS]
        mov eax, [H_REGISTERS]
        mov ecx, [H_REGISTERS + 8]
        mov edx, [H_REGISTERS + 16]
        mov ebx, [H_REGISTERS + 24]
        mov ebp, [H_REGISTERS + 40]
        mov esi, [H_REGISTERS + 48]
        mov edi, [H_REGISTERS + 56]
        pop ds
        iretd

to_real:
        jmp 0x18:.sixteen
bits 16
.sixteen:
        mov ax, 0x20
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        lidt [H_IDTR]
        mov eax, [H_CR0]
        mov cr0, eax
        jmp 0:.real
.real:  xor ax, ax
        mov ds, ax
        mov es, [H_ES]
        mov fs, [H_FS]
        mov gs, [H_GS]
        mov ss, [H_SS]
        mov esp, [H_REGISTERS + 4 * 8]
        push word [H_FLAGS]
        push word [H_CS]
        push word [H_IP]
        push word [H_DS]
        mov eax, [H_REGISTERS]
        mov ecx, [H_REGISTERS + 8]
        mov edx, [H_REGISTERS + 16]
        mov ebx, [H_REGISTERS + 24]
        mov ebp, [H_REGISTERS + 40]
        mov esi, [H_REGISTERS + 48]
        mov edi, [H_REGISTERS + 56]
        pop ds
        iret
bits 32
to_long:
        jmp 0x48:.long
bits 64
.long:  lidt [H_IDTR]
        lldt [H_LDT]
        ltr [H_TSS]
        mov es, [H_ES]
        mov fs, [H_FS]
        mov gs, [H_GS]
        mov ds, [H_DS]
        mov eax, [H_SS]
        push rax
        push qword [H_REGISTERS + 4 * 8]
        mov eax, [H_FLAGS]
        push rax
        mov eax, [H_CS]
        push rax
        mov eax, [H_IP]
        push rax
        mov rax, [H_REGISTERS]
        mov rcx, [H_REGISTERS + 8]
        mov rdx, [H_REGISTERS + 16]
        mov rbx, [H_REGISTERS + 24]
        mov rbp, [H_REGISTERS + 40]
        mov rsi, [H_REGISTERS + 48]
        mov rdi, [H_REGISTERS + 56]
        mov r8, [H_REGISTERS + 64]
        mov r9, [H_REGISTERS + 72]
        mov r10, [H_REGISTERS + 80]
        mov r11, [H_REGISTERS + 88]
        mov r12, [H_REGISTERS + 96]
        mov r13, [H_REGISTERS + 104]
        mov r14, [H_REGISTERS + 112]
        mov r15, [H_REGISTERS + 120]
        iretq

; ---- what call gates lead to

        align 16
gate32: xor eax, 0x1234
        retf
        align 16
bits 64
gate64: xor eax, 0x1234
        o64 retf

; ---- real mode

        align 16
bits 16
stubs16:
%assign n 0
%rep 64
        push word n
        jmp near common16
        align 8
%assign n n + 1
%endrep
common16:
        pushad
        push ds
        push es
        push fs
        push gs
        cld
        mov ax, COUNT >> 4 & 0xf000
        mov es, ax
        movzx ebx, word [es:COUNT & 0xffff]
        cmp bx, MOST_EVENTS
        jae end16
        inc word [es:COUNT & 0xffff]
        imul edi, ebx, EVENT_SIZE
        mov ax, EVENTS >> 4
        mov es, ax
        xor ax, ax
        mov ds, ax
        mov si, sp
        mov cx, 40
        ss rep movsw
        mov eax, cr0
        stosd
        mov eax, cr2
        stosd
        mov eax, cr3
        stosd
        mov eax, cr4
        stosd
        mov eax, dr6
        stosd
        mov ecx, EFER
        rdmsr
        stosd
        mov ax, ss
        stosw
        o32 sgdt [es:di]
        add di, 6
        o32 sidt [es:di]
        mov bp, sp
        cmp word [bp + 44], 0
        jne end16
        mov ax, [bp + 42]
        cmp ax, CODE
        jb end16
        cmp ax, [H_END]
        jae end16
        mov bx, [bp + 40]
        cmp bl, 1
        je resume16
        cmp bl, 3
        je resume16
        cmp bl, 4
        je resume16
        cmp bl, UART_VECTOR
        je uart16
        cmp bl, 0x20
        jae resume16
        mov si, H_UNITS
        mov cx, [H_COUNT]
.find:  cmp [si], ax
        ja .found
        add si, 2
        loop .find
        jmp end16
.found: mov ax, [si]
        mov [bp + 42], ax
resume16:
        pop gs
        pop fs
        pop es
        pop ds
        popad
        add sp, 2
        iret
uart16: mov dx, 0x3f9
        mov al, 0
        out dx, al
        mov al, 0x20
        out 0x20, al
        jmp resume16
end16:  mov ax, STATUS >> 4 & 0xf000
        mov ds, ax
        mov byte [STATUS & 0xffff], 1
        lidt [cs:nothing]
        int3

; ---- protected mode

bits 32
        align 16
stubs32:
%assign n 0
%rep 64
%if n = 8 || (n >= 10 && n <= 14) || n = 17
        nop
        nop
%else
        push byte 0
%endif
        push byte n
        jmp near common32
        align 16
%assign n n + 1
%endrep
common32:
        pushad
        push ds
        push es
        push fs
        push gs
        cld
        and byte [esp + 66], 0xfe       ; RF, which QEMU never sets
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov edi, [COUNT]
        cmp edi, MOST_EVENTS
        jae end32
        inc dword [COUNT]
        imul edi, EVENT_SIZE
        add edi, EVENTS
        mov ebp, esp
        cmp byte [ss:ebp + 48], 14
        jne .logged
        mov eax, cr4
        test eax, 1 << 21
        jz .logged
        mov eax, [ss:ebp + 52]
        and al, 0x15
        cmp al, 1
        jne .logged
        and byte [ss:ebp + 52], 0xfd    ; SMAP: QEMU takes read-modify-write for read
.logged:
        mov esi, esp
        mov ecx, 22
        ss rep movsd
        mov eax, cr0
        stosd
        mov eax, cr2
        stosd
        mov eax, cr3
        stosd
        mov eax, cr4
        stosd
        mov eax, dr6
        stosd
        mov ecx, EFER
        rdmsr
        stosd
        mov ax, ss
        stosw
        sldt [edi]
        str [edi + 2]
        sgdt [edi + 4]
        sidt [edi + 10]
        mov eax, [ebp + 56]
        mov edx, [ebp + 60]
        mov ebx, [ebp + 48]
        call decide
        jc end32
        mov [ebp + 56], eax
        pop gs
        pop fs
        pop es
        pop ds
        popad
        add esp, 8
        iretd
end32:  mov byte [STATUS], 1
        lidt [nothing]
        int3

; Where a sequence goes on: eax its place, edx its CS, ebx the vector. Carry: not at all. Runs as 32-bit and as 64-bit code, hence neither INC nor absolute addresses.
decide: and edx, 0xfffc
        mov esi, H_CODE
        mov ecx, 8
.code:  cmp [esi], dx
        je .known
        add esi, 2
        sub ecx, 1
        jnz .code
        stc
        ret
.known: cmp eax, CODE
        jb .no
        mov esi, H_END
        movzx edx, word [esi]
        cmp eax, edx
        jae .no
        cmp ebx, 1
        je .yes
        cmp ebx, 3
        je .yes
        cmp ebx, 4
        je .yes
        cmp ebx, UART_VECTOR
        je .uart
        cmp ebx, 0x20
        jae .yes
        mov esi, H_COUNT
        movzx ecx, word [esi]
        mov esi, H_UNITS
.find:  movzx edx, word [esi]
        cmp edx, eax
        ja .found
        add esi, 2
        sub ecx, 1
        jnz .find
.no:    stc
        ret
.found: mov eax, edx
.yes:   clc
        ret
.uart:  mov ecx, eax
        mov edx, 0x3f9
        mov al, 0
        out dx, al
        mov al, 0x20
        out 0x20, al
        mov eax, ecx
        clc
        ret

; ---- long mode

bits 64
        align 16
stubs64:
%assign n 0
%rep 64
%if n = 8 || (n >= 10 && n <= 14) || n = 17
        nop
        nop
%else
        push byte 0
%endif
        push byte n
        jmp near common64
        align 16
%assign n n + 1
%endrep
common64:
        push rax
        push rcx
        push rdx
        push rbx
        push rbp
        push rsi
        push rdi
        push r8
        push r9
        push r10
        push r11
        push r12
        push r13
        push r14
        push r15
        cld
        and byte [rsp + 154], 0xfe      ; RF, which QEMU never sets
        mov edi, [COUNT]
        cmp edi, MOST_EVENTS
        jae end64
        inc dword [COUNT]
        imul edi, EVENT_SIZE
        add edi, EVENTS
        mov rbp, rsp
        cmp byte [rbp + 120], 14
        jne .logged
        mov rax, cr4
        test eax, 1 << 21
        jz .logged
        mov eax, [rbp + 128]
        and al, 0x15
        cmp al, 1
        jne .logged
        and byte [rbp + 128], 0xfd      ; SMAP: QEMU takes read-modify-write for read
.logged:
        mov rsi, rsp
        mov ecx, 24
        rep movsq
        mov rax, cr0
        stosd
        mov rax, cr2
        stosq
        mov rax, cr3
        stosd
        mov rax, cr4
        stosd
        mov rax, dr6
        stosd
        mov ecx, EFER
        rdmsr
        stosd
        mov ax, ss
        stosw
        mov ax, ds
        stosw
        mov ax, es
        stosw
        mov ax, fs
        stosw
        mov ax, gs
        stosw
        sldt [rdi]
        str [rdi + 2]
        sgdt [rdi + 4]
        sidt [rdi + 14]
        add edi, 24
        mov ecx, 0xc0000100
.base:  rdmsr
        stosd
        mov eax, edx
        stosd
        inc ecx
        cmp ecx, 0xc0000102
        jbe .base
        mov rax, [rbp + 136]
        mov edx, [rbp + 144]
        mov ebx, [rbp + 120]
        mov rcx, rax
        shr rcx, 32
        jnz end64
        call decide
        jc end64
        mov [rbp + 136], rax
        pop r15
        pop r14
        pop r13
        pop r12
        pop r11
        pop r10
        pop r9
        pop r8
        pop rdi
        pop rsi
        pop rbp
        pop rbx
        pop rdx
        pop rcx
        pop rax
        add rsp, 16
        iretq
end64:  mov byte [STATUS], 1
        lidt [nothing64]
        int3
nothing64:
        dw 0
        dq 0

        align 16
templates:
        dd 0x100000             ; in QEMU in its ROM
        dd stubs16, stubs32, stubs64, gate32, gate64
