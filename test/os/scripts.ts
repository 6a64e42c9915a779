// SPDX-License-Identifier: MIT
/**
 * @fileoverview Scripts that every POSIX shell runs alike. They use builtins and the few programs named in test/os/shell.test.ts; dash, run beside
 * our shell, says what they print and how they end.
 */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are the shell's
export const SCRIPTS: Readonly<Record<string, string>> = {
  // ---- functions
  'functions take arguments and return statuses': 'f() { echo "$# $1 $2"; return 3; }\nf a "b c"; echo $?\nf; echo $?',
  'functions call themselves': 'fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }\nfact 10',
  'local variables': 'x=out; f() { local x=in y; echo $x; y=1; x=changed; }; f; echo $x ${y-unset}',
  'functions see and change variables': 'count() { n=$((n + 1)); }\nn=0; count; count; echo $n',
  'a function body may be any compound command':
    'f() (exit 4)\nf; echo $?\ng() if true; then echo yes; fi\ng\nh() for i do echo $i; done\nh 1 2',
  'redirections of functions': 'f() { echo out; echo err >&2; } 2>/dev/null\nf\ng() { cat; } <<E\ndocument\nE\ng',
  'return from loops inside functions':
    'f() { while :; do for i in 1 2 3; do [ $i = 2 ] && return 5; done; done; }; f; echo $? $i',
  'unset functions': 'f() { echo f; }; f; unset -f f; f 2>/dev/null; echo $?',
  'positional parameters are put back': 'f() { set -- x y z; echo $#; shift; echo $1; }; set -- a; f 1; echo $# $1',
  // ---- here-documents
  'here-documents expand': 'x=val\ncat <<END\n$x `echo back` $((1 + 2)) \\$x "quoted" \\\\\nEND',
  'quoted here-documents do not': "cat <<'END'\n$x `echo` \\$x\nEND\ncat <<\\END\n$y\nEND",
  'here-documents without tabs': 'cat <<-END\n\t\tindented\n\tmore\n\tEND\necho after',
  'several here-documents on one line': 'cat <<A; cat <<B\na\nA\nb\nB',
  'here-documents in loops and pipes': 'for i in 1 2; do cat <<E | while read l; do echo "[$l]"; done\nline $i\nE\ndone',
  'empty here-documents': 'cat <<E\nE\necho $?',
  'here-documents for read': 'while read a b; do echo "$b/$a"; done <<E\n1 one\n2 two three\nE',
  'here-documents inside of substitutions': 'x=$(cat <<E\ninner $((6 * 7))\nE\n)\necho "<$x>"',
  'braces in here-documents': 'cat <<E\n${u:-def} ${x+never}\nE',
  // ---- traps
  'exit traps': 'trap "echo bye; exit 9" EXIT\necho hi\nexit 3',
  'exit traps see the status': 'trap \'echo "status $?"\' EXIT; (exit 5)',
  'traps of signals': 'trap "echo caught" USR1; kill -USR1 $$; echo after; trap - USR1; trap',
  'ignored signals': "trap '' TERM; kill -TERM $$; echo alive; sh -c 'kill -TERM $$; echo child'",
  'traps in subshells': 'trap "echo parent" EXIT; (trap "echo child" EXIT; echo in); (echo quiet); echo out',
  'traps are listed': 'trap "echo x" INT; trap \'a "b"\' HUP; trap | while read line; do echo "$line"; done',
  'a signal ends a child': 'sh -c "kill -9 \\$\\$"; echo $?; sh -c "kill -15 \\$\\$"; echo $?',
  'traps between commands': 'trap "n=\\$((n + 1))" USR1; n=0; for i in 1 2 3; do kill -USR1 $$; done; echo $n',
  // ---- jobs
  'background jobs and wait': 'sleep 0.2 & p=$!; wait $p; echo $?; (exit 7) & wait $!; echo $?; wait; echo $?',
  'several jobs': 'for i in 1 2 3; do (sleep 0.$((i * 3)); echo $i) & done; wait; echo done',
  'wait for what is no child': 'wait 99999; echo $?',
  'a background list': '{ echo one; echo two; } & wait\n(echo three) & wait $!; true & wait $!; echo $?',
  'kill 0 asks': 'kill -0 $$ && echo alive; sleep 5 & kill $!; wait $!; echo $?',
  // ---- arithmetic
  'arithmetic operators':
    'echo $((7 / 2)) $((-7 / 2)) $((7 % 3)) $((-7 % 3)) $((1 << 10)) $((-16 >> 2)) $((5 & 6)) $((5 | 6)) $((5 ^ 6)) $((~5)) $((!5))',
  'arithmetic precedence':
    'echo $((2 + 3 * 4)) $(((2 + 3) * 4)) $((1 < 2 && 2 < 1)) $((1 || 0 && 0)) $((10 - 2 - 3)) $((1 ? 2 : 3)) $((0 ? 2 : 0 ? 3 : 4))',
  'arithmetic bases and assignments':
    'x=5; echo $((0x1F)) $((017)) $((x += 2)) $((x * x)) $x $((y = 3)) $y $(($x - 1)) $((x == 7)) $((x <<= 1))',
  'arithmetic of variables': 'a=3; b=a; echo $((a)) $((a + 4)) $((z + 1)); n=" 12 "; echo $((n))',
  'arithmetic limits': 'echo $((9223372036854775807)) $((9223372036854775807 + 1)) $((-9223372036854775807 - 1))',
  // ---- globbing
  'patterns of files':
    'mkdir -p g/sub; cd g; : > a1; : > a2; : > b1; : > .hidden; : > sub/x; echo *; echo a?; echo [ab]1; echo [!a]*; echo */*; echo .h*; echo nomatch*; cd ..; rm -r g',
  'quoted patterns':
    'mkdir q; cd q; : > "a b"; : > "*"; echo "*" \\* \'*\'; for f in *; do echo "<$f>"; done; x="*"; echo $x "$x"; cd ..; rm -r q',
  'set -f': 'set -f; echo /*; set +f; case $- in *f*) echo f;; *) echo no;; esac',
  'character classes':
    'for c in a B 3 _ -; do case $c in [[:digit:]]) echo digit;; [[:upper:]]) echo upper;; [a-z]) echo lower;; []-]) echo dash;; *) echo other;; esac; done',
  // ---- substitution
  'default values':
    'unset u; e=; s=set; echo ${u-d} ${u:-d} ${e-d} ${e:-d} ${s-d} ${s:+alt} ${e:+alt} ${e+alt} ${u+alt}; echo ${u=assigned} $u; echo ${e:=more} $e',
  'cutting prefixes and suffixes':
    'p=/usr/local/lib/file.tar.gz; echo ${p#*/} ${p##*/} ${p%/*} ${p%%.*} ${p%.gz} ${p#/usr} ${p%%/*}; x=aXbXc; echo ${x#*X} ${x##*X} ${x%X*} ${x%%X*}',
  'patterns in variables': 'v=abc.def; s=".d*"; echo ${v%$s} ${v%"$s"}; b="[x]"; echo ${b#"["} ${b%]}',
  lengths: 'x=hello; e=; set -- 1 2 3; echo ${#x} ${#e} ${#} ${#1} ${#10}',
  'nested substitutions':
    'a=$(echo $(echo $(echo deep))); echo $a; b=`echo \\`echo old\\``; echo $b; echo "$(echo "a  b")" $(echo "a  b")',
  'substitutions strip newlines only': 'x=$(printf "a\\n\\nb\\n\\n\\n"); echo "[$x]"; y=$(printf " sp "); echo "[$y]"',
  'parentheses in substitutions':
    'echo $(case a in a) echo one;; esac); echo $( (echo two) ); echo $(echo ")"); echo "$(echo "quoted )" \'(\')"; x=$(echo \\)); echo $x',
  'status of substitutions': 'x=$(exit 3); echo $?; y=$(true)$(exit 4); echo $?; echo $(exit 5); echo $?',
  'quotes in defaults': 'echo "${u-"a  b"}" ${u-"c  d"} "${u-\'e\'}" ${u-\'f  g\'}; echo "${u-$(echo "x  y")}"; echo ${u-a b}',
  tilde: 'HOME=/my/home; echo ~ ~/x "~" a~ x=~; v=~; echo $v; v=a:~; echo $v',
  'special parameters':
    'set -- a b; echo $# $1 $@ "$*"; true; echo $?; false; echo $?; sh -c \'echo $0 $1 $#\' name x y; echo ${10-none}',
  // ---- set
  'set -e ends':
    'set -e; true; false || echo handled; if false; then :; fi; ! true; false && true; echo still; (exit 2); echo never',
  'set -e in functions and conditions':
    'set -e; f() { false; echo "in f"; }; if f; then echo ok; fi; f || echo no; f; echo never',
  'set -e and assignments': 'set -e; x=$(false) || echo caught; y=$(echo fine); echo $y; z=$(exit 3); echo never',
  'set -u':
    'set -u; x=; echo "[$x]" ${y-fine}; (echo $nothing) 2>/dev/null; echo $?; set --; echo "$@" $#; echo $nothing2; echo never',
  'set -x to stderr': 'set -x; echo traced; set +x; echo quiet',
  'set --': 'set -- -a "b c" ""; echo $#; for i; do echo "<$i>"; done; set -- ; echo $#',
  'set -C': 'set -C; echo a > nc; echo b > nc; echo $?; echo c >| nc; cat nc; rm nc',
  'set -a': "set -a; exported=yes; set +a; not=no; sh -c 'echo ${exported-none} ${not-none}'",
  'set -n and -v': 'sh -n -c "echo not run"; echo $?; sh -n -c "if" 2>/dev/null; [ $? -ne 0 ] && echo error',
  // ---- builtins
  getopts:
    'set -- -a -b arg -cd -- rest; while getopts ab:cd o; do echo "$o ${OPTARG-}"; done; shift $((OPTIND - 1)); echo "$@"; OPTIND=1; set -- -x; getopts a o 2>/dev/null; echo $o; OPTIND=1; set -- -b; getopts :b: o; echo "$o $OPTARG"',
  'read splits':
    'echo "  a  b  c  " | { read x y; echo "[$x][$y]"; }; echo "a:b::c" | { IFS=: read p q r s; echo "[$p][$q][$r][$s]"; }; echo "a:b:c:" | { IFS=: read p q; echo "[$p][$q]"; }',
  'read and backslashes':
    'printf \'a\\\\tb\\nc\\\\\\nd\\n\' | { read x; echo "[$x]"; read y; echo "[$y]"; }; printf \'a\\\\tb\\n\' | { read -r x; printf \'[%s]\\n\' "$x"; }',
  'read at the end of input': 'printf "no newline" | { read x; echo "$? $x"; }; : | { read x; echo "$? [$x]"; }',
  'field splitting':
    'x="  one two   three "; set -- $x; echo $#; IFS=:; y="a::b:"; set -- $y; echo $#; for i; do echo "<$i>"; done; IFS=" :"; z="a : b"; set -- $z; echo $#; IFS=; set -- $x; echo "$# $1"; unset IFS; set -- $x; echo $#',
  'joining by IFS':
    'set -- a b c; IFS=-; echo "$*"; IFS=; echo "$*"; unset IFS; echo "$*"; IFS=,; x="$*"; echo $x; for i in "$@"; do echo $i; done',
  'case patterns':
    'for x in abc "a*c" "" "a b" -x; do case $x in a\\*c) echo literal;; "a b") echo space;; a?c | xyz) echo qm;; "") echo empty;; (-*) echo dash;; esac; done; case x in y) ;; esac; echo $?',
  'loops with break and continue':
    'for i in 1 2 3; do for j in 1 2 3; do [ $j = 2 ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done; n=0; until [ $n -ge 3 ]; do n=$((n + 1)); done; echo $n; while false; do :; done; echo $?',
  redirections:
    'echo a > r1; echo b >> r1; cat < r1; { echo out; echo err >&2; } > r2 2>&1; cat r2; exec 3< r1; read x <&3; echo $x; read x <&3; echo $x; exec 3<&-; echo to5 5>r3 >&5; cat r3; cat <> r1; rm r1 r2 r3; echo x > /nosuch/file; echo $?',
  'exec keeps redirections':
    'exec 4>&1 > e1; echo to file; exec >&4 4>&-; echo to out; cat e1; rm e1; (exec echo replaced; echo never)',
  'eval and quoting':
    'x=\'echo "a  b"\'; eval $x; eval "$x"; eval; echo $?; eval "y=1; z=2"; echo $y$z; eval \'f() { echo fn; }\'; f; eval "false"; echo $?; a=b b=c; eval echo \\$$a',
  'sourcing files': 'echo "v=1; echo in \\$#; return 4; echo never" > src; . ./src; echo $? $v; rm src',
  'assignments before commands':
    'x=1; x=2 sh -c \'echo $x\'; echo $x; f() { echo $x; }; x=3 f; a=1 b=$a; echo "[$b]"; PATH=/nosuch cat /dev/null 2>/dev/null; echo $?',
  'export and unset':
    "export a=1 b; b=2; sh -c 'echo $a$b'; unset a; sh -c 'echo ${a-gone}'; readonly r=5; echo $r; (r=6) 2>/dev/null; echo $?",
  'shift and parameters beyond nine':
    'set -- 1 2 3 4 5 6 7 8 9 10 11; echo ${10} ${11} $10; shift 9; echo $1 $#; shift; shift; echo $#; (shift) 2>/dev/null; [ $? -ne 0 ] && echo failed',
  'command and type':
    'command -v echo; command -v nosuch; echo $?; f() { echo f; }; command -v f; command echo hi; echo() { printf "mine\\n"; }; echo; command echo theirs; unset -f echo',
  aliases: 'alias say="echo hello"\nsay world\nalias e2="echo "; alias w=there\ne2 w\nunalias say\nsay 2>/dev/null; echo $?',
  'compound pipelines':
    'echo a b c | (read x y z; echo $z$y$x) | { read all; echo "<$all>"; }; for i in 3 1 2; do echo $i; done | while read n; do echo "n$n"; done; ! echo no | false; echo $?',
  'if, elif, else':
    'for n in 1 2 3; do if [ $n = 1 ]; then echo one; elif [ $n = 2 ]; then echo two; else echo many; fi; done; if false; then :; fi; echo $?',
  'and-or lists':
    'true && echo a || echo b; false && echo a || echo b; false || false || echo c; true && false; echo $?; { false; } || echo d; (true) && echo e',
  'comments and continued lines': 'echo a # comment\n# whole line\necho b\\\nc; echo "d\\\ne"; echo \'f\\\ng\'; echo x#y "#z"',
  quoting: 'echo "a\\"b" \'c"d\' "e\'f" a\\ b "\\$x \\` \\\\ \\n" $"" \'\' "" end; echo a"b"c\'d\'e',
  'test expressions':
    '[ -n "" ] || echo 1; [ a = a -a b = b ] && echo 2; [ ! -e /nosuch ] && echo 3; [ 10 -gt 9 ] && echo 4; [ "(" = "(" ] && echo 5; [ -d / ] && echo 6; [ "$x" ]; echo $?; test; echo $?; [ a != b -o x = y ] && echo 7',
  printf:
    'printf "%d %5d|%-5d|%05d\\n" 42 42 42 42; printf "%s|%10s|%-10s|%.2s\\n" abc abc abc abc; printf "%x %X %o %c\\n" 255 255 8 xyz; printf "%b" "a\\tb\\n"; printf "%%\\n"; printf "%s %s\\n" 1 2 3',
  'umask and cd':
    'umask 027; umask; umask u=rwx,g=rx,o=; umask; cd /; pwd; cd /usr/bin; cd ..; pwd; cd - > /dev/null; pwd; cd /nosuch 2>/dev/null || echo failed',
  'exit statuses':
    '(exit 0); echo $?; (exit 256); echo $?; nosuchcommand 2>/dev/null; echo $?; /dev/null 2>/dev/null; echo $?; sh -c "exit 12"; echo $?; false; (exit); echo $?',
  'errors end scripts':
    'echo before; (. /nosuch; echo never) 2>/dev/null; echo $?; (echo ${x?message}; echo never) 2>/dev/null; echo $?; (readonly q=1; q=2; echo never) 2>/dev/null; echo $?',
  'syntax errors':
    'sh -c "if true; then" 2>/dev/null; [ $? -ne 0 ] && echo a; sh -c "echo ok; done" 2>/dev/null; [ $? -ne 0 ] && echo b; sh -c "(" 2>/dev/null; [ $? -ne 0 ] && echo c; eval ")" 2>/dev/null; echo never',
  'long outputs pass pipes':
    'i=0; while [ $i -lt 2000 ]; do echo "line $i of many lines that fill a pipe"; i=$((i + 1)); done | (n=0; while read l; do n=$((n + 1)); done; echo $n)',
  'times and dots': 'times > /dev/null; echo $?; : a b c; echo $?; { :; }; echo $?',
  'fizz buzz':
    'i=1; while [ $i -le 15 ]; do o=; [ $((i % 3)) = 0 ] && o=Fizz; [ $((i % 5)) = 0 ] && o=${o}Buzz; echo ${o:-$i}; i=$((i + 1)); done',
  'a queue in positional parameters':
    'set --; push() { :; }; for i in a b c; do set -- "$@" "$i"; done; while [ $# -gt 0 ]; do echo "$1 of $#"; shift; done',
  'reading a file line by line':
    'printf "x=1\\n# comment\\n\\ny = 2\\n" > conf; while IFS= read -r line || [ -n "$line" ]; do case $line in \\#* | "") continue;; *=*) echo "${line%%=*}:${line#*=}";; esac; done < conf; rm conf',
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are the shell's
