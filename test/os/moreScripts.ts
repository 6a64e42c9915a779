// SPDX-License-Identifier: MIT
/**
 * @fileoverview More scripts that every POSIX shell runs alike, as test/os/scripts.ts has them: the corners of set -e, traps, jobs, here-documents,
 * getopts, expansion and redirection.
 */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are the shell's
export const MORE_SCRIPTS: Readonly<Record<string, string>> = {
  // ---- set -e
  'set -e ends at a failure': '(set -e; echo a; false; echo b); echo $?',
  'set -e does not look at conditions':
    'set -e; if false; then :; fi; while false; do :; done; until true; do :; done; false || true; true && true; ! true; echo alive',
  'set -e and the last of a list': '(set -e; true && false; echo never); echo $?; (set -e; false && true; echo here); echo $?',
  'set -e in functions':
    'f() { false; echo in f; }\n(set -e; f; echo never); echo $?\n(set -e; f || echo or; echo after); echo $?\n(set -e; if f; then echo then; fi)',
  'set -e and subshells': '(set -e; (false; echo never); echo never either); echo $?; (set -e; (false) || echo or; echo after)',
  'set -e and substitutions':
    '(set -e; x=$(false); echo never); echo $?; (set -e; echo "$(false)x"; echo after); (set -e; x=$(false) || echo or; echo end)',
  'set -e and pipelines': '(set -e; false | true; echo here; true | false; echo never); echo $?',
  'set -e and braces': '(set -e; { false; echo never; }; echo never); echo $?; (set -e; { false; } || echo or; echo end)',
  'set -e and the exit trap': '(trap "echo trap \\$?" EXIT; set -e; false; echo never); echo $?',
  'set -e and return': 'f() { return 3; }; (set -e; f; echo never); echo $?; (set -e; f || true; echo on)',
  'set -e and case, for': '(set -e; for i in 1 2; do case $i in 2) false;; esac; echo $i; done; echo never); echo $?',
  'set +e': '(set -e; set +e; false; echo on; case $- in *e*) echo e;; esac)',
  'set -e on the command line': 'sh -e -c "echo a; false; echo b"; echo $?; sh -ec "false || echo c"; echo $?',
  'set -e and eval': '(set -e; eval "false; echo never"; echo never); echo $?; (set -e; eval false || echo or)',
  'set -e and dot': 'echo "false; echo in" > f; (set -e; . ./f; echo never); echo $?; rm f',
  'set -u':
    '(set -u; echo ${x-d}; echo "$x"; echo never) 2>/dev/null; [ $? -ne 0 ] && echo ended; (set -u; x=; echo "[$x]$#$*$@"); (set -u; echo "${1-none}")',
  'set -x writes to standard error': 'x() { echo traced; }; (set -x; x "a b") 2>/dev/null',
  'set -n reads only': 'sh -n -c "echo never; exit 4"; echo $?; sh -nc "if" 2>/dev/null; [ $? -ne 0 ] && echo wrong',
  'set -C does not overwrite':
    'echo a > f; (set -C; echo b > f) 2>/dev/null; cat f; (set -C; echo c >| f); cat f; (set -C; echo d >> f); cat f; rm f',
  'set -a exports': 'set -a; y=exported; set +a; z=not; sh -c \'echo "$y$z"\'',
  'set -f and IFS': 'set -f; set -- *; echo "$1"; set +f; IFS=:; set -- a:b:c; echo $#; x=a:b:c; set -- $x; echo $# $2',
  'set -o names': '(set -o noglob; echo *; set +o noglob; set -o errexit; false; echo never); echo $?',
  'set -- and parameters': 'set -- "a b" c; echo $#; set --; echo $#; set -- -a -b; echo $1; set a b c; shift 2; echo $1 $#',
  'the status in an assignment':
    'false; x=$?; echo $x; (exit 3); x=$? y=$?; echo $x$y $?; if (exit 5); then :; else s=$?; echo $s; fi; x=1; echo $?; x=$(exit 4); echo $?',
  // ---- traps
  'exit in a trap': 'trap "echo t; exit 5" TERM; kill -TERM $$; sleep 1; echo never',
  'traps by number': 'trap "echo one" 1; kill -1 $$; trap - 1; trap "echo fifteen" 15; kill -s TERM $$; echo end',
  'traps keep the status': 'trap "false" USR1; (exit 3); kill -USR1 $$; echo $?; true; kill -USR1 $$; echo $?',
  'traps in functions': 'f() { trap "echo f trap" USR1; kill -USR1 $$; trap - USR1; }; f; trap',
  'a trap wakes wait':
    'trap "echo woken" USR1; (sleep 0.2; kill -USR1 $$) & sleep 5 & wait $!; [ $? -gt 128 ] && echo early; kill $!',
  'traps are for the shell, not its children':
    'trap "echo mine" TERM; sh -c "trap; kill -TERM \\$\\$; echo never"; echo $?; trap - TERM',
  'exit traps of nested shells':
    'trap "echo outer" EXIT; sh -c \'trap "echo inner" EXIT; exit 2\'; echo $?; (trap "echo sub" EXIT; exit 3); echo $?',
  'exit traps after errors':
    'sh -c \'trap "echo cleanup" EXIT; echo ${nope?}\' 2>/dev/null; [ $? -ne 0 ] && echo failed; sh -c \'trap "echo bye" 0; kill -9 $$\'; echo $?',
  'a trap within a trap': 'trap "echo a; trap \'echo b\' USR1" USR1; kill -USR1 $$; kill -USR1 $$; trap - USR1',
  'traps read variables late': 'x=1; trap "echo now $x" USR1; trap \'echo then $x\' USR2; x=2; kill -USR1 $$; kill -USR2 $$',
  'traps and loops':
    'trap "stop=1" USR1; i=0; while [ -z "$stop" ]; do i=$((i + 1)); [ $i -eq 3 ] && kill -USR1 $$; done; echo $i',
  'reset traps':
    'trap "" USR1; kill -USR1 $$; echo ignored; trap - USR1; sh -c "kill -USR1 \\$\\$; echo never"; [ $? -gt 128 ] && echo ended',
  'trap with several signals': 'trap "echo s" USR1 USR2; kill -USR1 $$; kill -USR2 $$; trap - USR1 USR2; trap "" HUP; trap',
  // ---- jobs
  'wait for each': '(exit 3) & a=$!; (exit 4) & b=$!; wait $a; echo $?; wait $b; echo $?',
  'wait for several': '(exit 3) & a=$!; (exit 5) & wait $a $!; echo $?; sleep 0.1 & wait; echo $?',
  'background lists run in order': '{ sleep 0.2; echo second; } & echo first; wait; echo third',
  'background processes read nothing': 'echo in | { cat & wait; }; (read x; echo "got [$x]") < /dev/null & wait',
  'exit statuses of signals':
    'sh -c \'kill -TERM $$\' & wait $!; echo $?; sleep 9 & kill -KILL $!; wait $!; echo $?; sh -c "kill -INT \\$\\$"; echo $?',
  'variables of background lists are their own': 'x=1; { x=2; echo $x; } & wait; echo $x; x=3 | x=4; echo $x',
  'the last background process':
    'echo "[$!]"; true & p=$!; [ "$p" -gt 0 ] && echo set; (echo "$!" | { read q; [ "$q" = "$p" ] && echo same; })',
  'pipes of many':
    'seq 1 500 | sort -n | cat | tail -n 3 | head -n 1; yes | head -n 2; seq 3 | while read a; do echo "<$a>"; done',
  // ---- here-documents
  'here-documents with commands in them': 'cat <<E\n$(echo a\necho b) `echo c` $((2 * 3))\n${x:-$(echo d)}\nE',
  'here-documents with nested ones': 'cat <<A\n$(cat <<B\ninner\nB\n)\nouter\nA',
  'here-documents and functions': 'f() { cat <<E; }\n$1 and $2\nE\nf one two; f three four',
  'here-documents and quotes':
    'cat <<E\n\'single $HOME_NOT\' "double" \\"\nE\ncat <<"F"\n$no `no` \\no\nF\ncat <<\'end here\'\ntext\nend here',
  'here-documents and continued lines': "cat <<E\none \\\ntwo\nE\ncat <<'E'\none \\\ntwo\nE",
  'here-documents in pipelines': 'cat <<A | tr a-z A-Z | { read x; echo "[$x]"; }\nword\nA\necho end',
  'here-documents in conditions':
    'if cat <<E; then echo yes; fi\nin if\nE\nwhile read x; do echo "- $x"; done <<E\n1\n2\nE\ncase $(cat <<E\nabc\nE\n) in a*) echo matched;; esac',
  'large here-documents':
    'i=0; t=; while [ $i -lt 200 ]; do t="$t 0123456789012345678901234567890123456789012345678901234567890123456789"; i=$((i + 1)); done; cat <<E | wc -c\n$t\nE',
  'here-documents at the end of the file': 'cat <<E\nlast\nE',
  'two here-documents and a descriptor': 'cat <<A 3<<B; cat <&3\nfirst\nA\nsecond\nB' + '\necho $?',
  // ---- getopts
  'getopts with arguments':
    'set -- -a -b val -c rest; while getopts ab:c o; do echo "$o $OPTARG $OPTIND"; done; shift $((OPTIND - 1)); echo "$*"',
  'getopts with joined letters': 'set -- -abval -cx y; while getopts ab:c:x o; do echo "$o $OPTARG"; done; echo $OPTIND',
  'getopts with errors':
    'set -- -z -b; while getopts :ab: o; do echo "$o $OPTARG"; done; set -- -z; OPTIND=1; getopts a o 2>/dev/null; echo "$o $?"',
  'getopts ends':
    'set -- -a -- -b; while getopts ab o; do echo $o; done; shift $((OPTIND - 1)); echo "$@"; set -- -a x -b; OPTIND=1; while getopts ab o; do echo $o; done; echo $OPTIND',
  'getopts in functions': 'f() { OPTIND=1; while getopts x:y o "$@"; do echo "$o=$OPTARG"; done; }; f -x 1 -y; f -y -x 2',
  // ---- expansion
  'fields and quotes':
    'x="a  b"; set -- $x; echo $#; set -- "$x"; echo $#; set -- a"$x"b; echo $# "$1"; set -- $x"c d"; echo $# "$2"; e=; set -- $e "$e" \'\'; echo $#',
  'IFS without blanks':
    'IFS=,; x="a,,b,"; set -- $x; echo $# "$2"; IFS=", "; x="a , b,c  d"; set -- $x; echo $#; IFS=; x="a b"; set -- $x; echo $#; unset IFS; set -- $x; echo $#',
  'star and at':
    'set -- "a b" c; for i in $*; do echo "1 $i"; done; for i in "$*"; do echo "2 $i"; done; for i in $@; do echo "3 $i"; done; for i in "$@"; do echo "4 $i"; done; IFS=-; echo "$*"; echo "x$@y"',
  'empty at':
    'set --; for i in "$@"; do echo never; done; echo $# "${@:-none}" "$@"; set -- ""; for i in "$@"; do echo "[$i]"; done',
  tildes: 'HOME=/h; echo ~ ~/x "~" a~ \\~; x=~/y; echo $x; y=a:~/z; echo $y; echo ~root/x',
  'parameters with colons and without':
    'x=; echo "${x-a}${x:-b}${x+c}${x:+d}."; unset x; echo "${x-a}${x:-b}${x+c}${x:+d}."; echo ${#x} "${x:=new}" $x; (echo "${y:?message}") 2>/dev/null; echo $?',
  'nested parameters': 'a=1; b=${a:+${c:-deep}}; echo $b; echo "${z:-"q $a"}" ${z:-\'s q\'}; echo ${a#${a}}. "${b%"${b#?}"}"',
  'cutting with patterns':
    'f=a.b.c; echo ${f#*.} ${f##*.} ${f%.*} ${f%%.*} ${f#z} ${f%"*"}; p="x*y"; echo "${p#x\\*}" "${p%[*]y}"; s="  t "; echo "[${s#"${s%%[! ]*}"}]"',
  'arithmetic in places':
    'i=3; set -- a b c d; echo $((i * (i + 1) / 2)) "${i}$((i -= 1))$i"; eval echo \\$$((i + 1)); [ $((1 > 0)) -eq 1 ] && echo yes; echo $((i++ + 1)) 2>/dev/null || true',
  'arithmetic with logic':
    'echo $((3 > 2 ? 10 : 20)) $((1 && 0 || 1)) $((!0)) $((~0 & 15)) $((5 % 3 << 2)) $((-5 / 2)) $((010 + 0xf)) $((x = 4, x)) 2>/dev/null || echo comma',
  backquotes: 'echo `echo a``echo b` "`echo "c d"`" `echo \\`echo e\\`` `echo \'$x\'` `echo \\\\$HOME_NOT`.',
  'substitution of nothing':
    'x=$(:); echo "[$x]"; set -- $(:); echo $#; echo a $(true) b; $(true); echo $?; $(echo echo) $(echo hi)',
  'patterns and quotes in case':
    'f() { case $1 in "*") echo star;; [0-9]) echo digit;; a|b) echo ab;; a*) echo a;; "") echo empty;; *) echo other;; esac; }; for i in "*" 5 b abc "" z; do f "$i"; done; x="*"; case abc in "$x") echo no;; $x) echo yes;; esac; case "a]" in [a]]) echo br;; esac',
  'dollar quotes of others stay': 'echo "$" $ "a$" \'$x\' "\\$x" $(echo \'a$\'); x=1; echo "$x$" "${x}2" "$x-2"',
  // ---- redirection
  'descriptors are duplicated':
    '{ echo out; echo err >&2; } 2>&1 | sort; { echo a; echo b >&2; } 2>&1 >/dev/null; exec 3>f; echo three >&3; exec 3>&-; cat f; (echo x >&3) 2>/dev/null || echo closed; rm f',
  'redirections have their order':
    'echo a > f 2>&1; cat f; { echo o; echo e >&2; } > f 2>&1; cat f; { echo o; echo e >&2; } 2>&1 > f | cat; cat f; rm f',
  'redirections without a command': '> f; [ -s f ] || echo empty; echo x > f; > f; cat f; < f; echo $?; < /nosuch; echo $?; rm f',
  'reading and writing': 'echo 12345 > f; exec 4<>f; read x <&4; echo $x; echo 67 >&4; exec 4>&-; cat f; rm f',
  'redirected loops':
    'for i in 1 2; do echo $i; done > f; while read a; do echo "r $a"; done < f; { read a; read b; } < f; echo $a $b; rm f; until read x; do :; done < /nosuch 2>/dev/null; echo $?',
  'failing redirections': 'echo a > /nosuch/f; echo $?; cat < /nosuch; echo $?; : > /nosuch/x || echo special; echo after',
  'exec keeps redirections':
    '(exec > f; echo in; pwd > /dev/null); cat f; (exec < f; read x; echo "[$x]"); rm f; (exec 2>&1; echo err >&2)',
  // ---- the rest
  hash: 'hash -r; hash; echo $?; ls > /dev/null; hash | while read x; do echo ${x##*/}; done; hash -r; hash; hash nosuchcommand 2>/dev/null; echo $?; PATH=$PATH; hash',
  ulimit:
    'ulimit -n 100; ulimit -n; ulimit -Sn 50; ulimit -n; ulimit -Hn; ulimit -f 1000; ulimit -f; ulimit; ulimit -c 0; ulimit -c; (ulimit -n 40; ulimit -n); ulimit -n; ulimit -z 2>/dev/null || echo bad',
  'ulimit is obeyed':
    '(ulimit -f 1; dd if=/dev/zero of=f bs=1024 count=4 2>/dev/null; echo $(($(wc -c < f))); rm f); (ulimit -n 5; exec 7</dev/null) 2>/dev/null || echo none',
  'command finds':
    'f() { echo function; }; f; command -v f; command -v echo; command -v if; command -v nosuch; echo $?; command echo plain; echo() { command echo "mine $*"; }; echo a; unset -f echo; command -v ls | grep -c /ls',
  'names of programs':
    'type echo nosuch 2>/dev/null | sed "s/:.*//" | head -n 1; f() { :; }; type f | head -n 1; type if; alias q=ls; alias q; unalias q; alias q 2>/dev/null; echo $?',
  'kill -l':
    'kill -l 9; kill -l 15; kill -l 143; kill -l 1; kill -s 0 $$; echo $?; kill -0 99999 2>/dev/null; echo $?; kill -NOPE $$ 2>/dev/null || echo no',
  'local and recursion':
    'f() { local i=$1; [ $i -gt 0 ] && f $((i - 1)); echo $i; }; f 3; i=out; g() { local i; i=in; }; g; echo $i; h() { local x=1 y=2; echo $x$y; }; h; echo "[$x$y]"',
  'read in its variants':
    'printf "a b c\\n" | { read x y; echo "$x|$y"; }; printf " p  q \\n" | { read x; echo "[$x]"; }; printf "a\\\\\\nb\\n" | { read x; echo "$x"; }; printf "a\\\\tb\\n" | { read -r x; echo "$x"; }; printf "x:y:z\\n" | { IFS=: read a b; echo "$a $b"; }; printf "no newline" | { read x; echo "$? $x"; }; read x < /dev/null; echo $?',
  'echo and printf':
    'echo -n a; echo b; printf "%s-" a b c; echo; printf "%d%%\\n" 50; printf "%5s|%-5s|%05d\\n" ab cd 7; printf "\\101\\n"; printf "%b\\n" "a\\tb"; printf "%c%c\\n" xyz w; printf "%s\\n"; printf "%x %o %X\\n" 255 8 171',
  'test of files':
    ': > e; echo x > n; mkdir d; ln -s n l; for t in "-e e" "-s e" "-s n" "-f d" "-d d" "-L l" "-h n" "-r n" "-x n" "-e nosuch" "-z x" "-n x" "-p n"; do [ $t ]; echo "$t $?"; done; rm -r e n d l',
  'test of numbers and texts':
    'for t in "1 -eq 01" "2 -lt 10" "b > a" "a = a" "a != a" "-5 -ge -6" "! a = b" "a = a -a b = c" "a = b -o c = c" "( a = a )" "-n" "!" ""; do [ $t ] 2>/dev/null; echo "$t: $?"; done; [ a = ] 2>/dev/null; echo $?; [ 1 -eq x ] 2>/dev/null; echo $?',
  'unset and readonly':
    'x=1; unset x; echo ${x-gone}; readonly r=5; (r=6) 2>/dev/null; echo $?; (unset r) 2>/dev/null; echo $?; echo $r; readonly | grep -c "r=" ; f() { echo f; }; unset -f f; f 2>/dev/null; echo $?',
  'export and env':
    'export A=1 B; B=2; sh -c "echo \\$A\\$B"; C=3 sh -c "echo \\$C"; echo "${C-none}"; unset A; sh -c "echo \\${A-unset}"; D=4; export D; D=5; sh -c "echo \\$D"; x=1 eval "echo \\$x"; export | grep -c "B="',
  'assignments before builtins':
    'x=1; x=2 :; echo $x; y=1; y=2 true; echo $y; IFS=: read a b <<E\np:q\nE\necho $a $b "$IFS" | head -n 1 | tr -d " \\t"',
  'break and continue by number':
    'for i in 1 2 3; do for j in a b c; do [ $j = b ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done; while :; do while :; do break 5; done; echo never; done; echo out',
  'reserved words as words':
    'echo if then else fi for in do done case esac while until { } !; x=if; echo $x; for if in a b; do echo $if; done; case in in in) echo in;; esac',
  'newlines and semicolons':
    'if true\nthen\necho a\nelif false; then echo b\nelse echo c\nfi; for i in\n do echo never; done\nfor i\ndo echo never; done; while false\ndo :\ndone; { echo d\n}; (echo e\n); case x in\nx)\necho f\n;;\nesac',
  'functions named alike':
    'ls() { echo mine; }; ls; command ls /dev/null; unset -f ls; ls /dev/null; true() { return 1; }; true && echo yes || echo no; unset -f true; f() { f() { echo second; }; echo first; }; f; f',
  'aliases in scripts': 'alias e="echo aliased"\ne x\nunalias e\ne y 2>/dev/null; echo $?',
  'special parameters':
    'sh -c \'echo $0 $# $1\' name arg; echo $#; (exit 9); echo $? $?; f() { echo "$0" | grep -c .; }; f; case $$ in *[!0-9]*) echo no;; *) echo pid;; esac; (echo $$) | grep -c "^$$\\$"',
  'long loops': 'i=0; s=0; while [ $i -lt 3000 ]; do i=$((i + 1)); s=$((s + i)); done; echo $s',
  'deep recursion': 'f() { if [ $1 -gt 0 ]; then f $(($1 - 1)); else echo bottom; fi; }; f 200',
  'long words and lines':
    'x=$(printf "%01000d" 7); echo ${#x}; y=$x$x$x$x; echo ${#y}; set -- $(seq 1 2000); echo $# ${2000}; case $y in *7*7*7*7) echo four;; esac',
  'temporary files and cleaning':
    'd=$(mktemp -d); trap "rm -rf $d" EXIT; echo x > $d/a; cp $d/a $d/b; ls $d | wc -l | tr -d " "; for f in $d/*; do basename $f; done',
  'a menu':
    'menu() { while read c rest; do case $c in add) n=$((n + rest));; show) echo $n;; quit) return $n;; *) echo "what? $c";; esac; done; }; n=0; menu <<E\nadd 2\nadd 3\nshow\nfoo\nquit\nadd 9\nE\necho $?',
  'option parsing by hand':
    'parse() { verbose=0; while [ $# -gt 0 ]; do case $1 in -v) verbose=$((verbose + 1));; -o) shift; out=$1;; --out=*) out=${1#*=};; --) shift; break;; -*) echo "bad $1"; return 1;; *) break;; esac; shift; done; echo "v=$verbose o=$out r=$*"; }; parse -v -v -o f a b; parse --out=g -- -x; parse -q; echo $?',
  'a lock directory':
    'lock() { if mkdir lock 2>/dev/null; then echo taken; else echo busy; fi; }; lock; lock; rmdir lock; lock; rmdir lock',
  'configuration files':
    'printf "a=1\\n# no\\nb = 2\\n\\nc=x y\\n" > c; while IFS="=" read -r k v; do k=$(echo $k); case $k in ""|\\#*) continue;; esac; echo "$k:$(echo $v)"; done < c; (. ./c 2>/dev/null; echo $a); rm c',
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are the shell's
