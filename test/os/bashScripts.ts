// SPDX-License-Identifier: MIT
/**
 * @fileoverview Scripts of what bash has beyond POSIX, which must print and end as Debian's bash does. Orders that bash promises to nobody (keys of
 * associative arrays) are sorted.
 */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are the shell's
export const BASH_SCRIPTS: Readonly<Record<string, string>> = {
  // ---- conditions and arithmetic
  '[[ files, texts':
    'x="a b"; [[ -d / && $x == "a b" ]] && echo 1; [[ -f / || -z "" ]] && echo 2; [[ ! -e /nosuch ]] && echo 3; [[ $x ]] && echo 4; [[ $nosuch ]] || echo 5; [[ -n $x && ( -z $y || 1 -eq 2 ) ]] && echo 6',
  '[[ patterns':
    'x=hello.txt; [[ $x == *.txt ]] && echo 1; [[ $x == "*.txt" ]] || echo 2; [[ $x != h*o ]] && echo 3; p="*.txt"; [[ $x == $p ]] && echo 4; [[ $x == "$p" ]] || echo 5; [[ $x = h[aeiou]llo.* ]] && echo 6; [[ abc == a?c ]] && echo 7',
  '[[ extended patterns':
    '[[ foo == @(foo|bar) ]] && echo 1; [[ foofoo == +(foo) ]] && echo 2; [[ "" == *(x) ]] && echo 3; [[ baz == !(foo|bar) ]] && echo 4; [[ foo == !(foo|bar) ]] || echo 5; [[ ac == a?(b)c ]] && echo 6; [[ abbc == a?(b)c ]] || echo 7',
  '[[ regular expressions':
    '[[ "key=value" =~ ^([a-z]+)=(.*)$ ]] && echo "${BASH_REMATCH[0]}|${BASH_REMATCH[1]}|${BASH_REMATCH[2]}|${#BASH_REMATCH[@]}"; [[ abc =~ b ]] && echo "${BASH_REMATCH[@]}"; [[ a.c =~ "a.c" ]] && echo 1; [[ abc =~ "a.c" ]] || echo 2; re="^[0-9]+$"; [[ 123 =~ $re ]] && echo 3; [[ 12a =~ $re ]] || echo ${#BASH_REMATCH[@]}; [[ "a b" =~ a\\ b ]] && echo 4; [[ "x(y" =~ x\\(y ]] && echo 5',
  '[[ numbers and orders':
    'a=5; [[ a -gt 3 ]] && echo 1; [[ 2+3 -eq a ]] && echo 2; [[ abc < abd ]] && echo 3; [[ b > a ]] && echo 4; [[ 10 -lt 9 ]] || echo 5; [[ 0x10 -eq 16 ]] && echo 6',
  '[[ -v and words':
    'x=; [[ -v x ]] && echo 1; [[ -v y ]] || echo 2; a=(1 2); [[ -v a[1] ]] && echo 3; [[ -v a[5] ]] || echo 4; y="a  b"; [[ $y == "a  b" ]] && echo 5; [[ -n $y && -e /etc/passwd ]]; echo $?',
  '[[ over lines': '[[ a == a &&\n  b == b\n  || c == d ]] && echo yes\nif [[ -z "" ]]\nthen echo then; fi',
  '((': '((1 + 1)); echo $?; ((0)); echo $?; x=5; ((x++)); echo $x; ((x += 2, y = x * 2)); echo $x $y; (( x > 3 && y < 100 )) && echo both; if ((x == 8)); then echo eight; fi; while ((x-- > 6)); do echo $x; done; ((z = (1 + 2) * 3)); echo $z',
  'arithmetic of bash':
    'echo $((2 ** 10)) $((2 ** 3 ** 2)) $((16#ff)) $((2#1010)) $((36#z)) $((64#_)) $((1 ? 2 : 3)) $((5 , 6)); i=3; echo $((i++ + ++i)) $i $((i--)) $((--i)); x=y; y=7; echo $((x)) $((x + 1)); echo $((-7 / 2)) $((-7 % 3)) $((1 << 4 | 1)) $((~0)) $((!5))',
  'arithmetic does not do what does not count':
    'x=1; ((0 && x++)); echo $x; ((1 || x++)); echo $x; ((1 ? 0 : x++)); echo $x; echo $((0 && 1 / 0))',
  'arithmetic with arrays':
    'a=(3 4 5); echo $((a[1] * a[2])) $((a)); ((a[0]++)); ((a[5] = 9)); echo "${a[@]}" "${!a[@]}"; i=1; echo $((a[i+1])) $((a[i] += 10)); echo ${a[1]}',
  'division by zero gives the line up': 'echo before\necho $((1 / 0)); echo never\necho after $?',
  let: 'let x=5 y=x*2; echo $x $y; let "z = x + y"; echo $z; let 0; echo $?; let 1; echo $?; let x++; echo $x',
  'for ((':
    'for ((i = 0; i < 3; i++)); do echo $i; done; for ((i=10, j=0; i > j; i -= 3, j++)) { echo $i $j; }; for ((;;)); do ((++n > 3)) && break; ((n == 2)) && continue; echo n$n; done',
  // ---- arrays
  'indexed arrays':
    'a=(one "two words" three); echo ${#a[@]} ${a[0]} "${a[1]}" ${a[-1]} $a; a[5]=six; echo "${!a[@]}"; echo "${a[@]}"; unset "a[0]"; echo ${#a[@]} "${!a[@]}"; a+=(seven eight); echo "${a[@]: -2}"; a=(); echo ${#a[@]}',
  'arrays in words':
    'a=("x y" z); for w in "${a[@]}"; do echo "<$w>"; done; for w in ${a[@]}; do echo "[$w]"; done; echo "${a[*]}"; IFS=,; echo "${a[*]}"; unset IFS; set -- "${a[@]}"; echo $#; e=(); set -- "${e[@]}"; echo $#; set -- "p${a[@]}s"; echo $# "$1" "$2"; set -- "${e[*]}"; echo $#',
  'array values':
    'a=([3]=c [1]=a b); echo "${!a[@]} ${a[@]}"; b=($(echo 1 2 3) {x,y}); echo ${#b[@]} "${b[@]}"; c=(\n  first # a comment\n  second\n); echo ${#c[@]} ${c[1]}; d=(*nosuch*); echo "${d[@]}"; a[1]+=z; echo ${a[1]}; s=str; s+=ing; echo $s; s[1]=more; echo "${s[@]}"',
  slices:
    'a=(0 1 2 3 4 5); echo "${a[@]:2}" "${a[@]:1:2}" "${a[@]: -2:1}" "${a[@]:9}"; set -- a b c d; echo "${@:2}" "${@:2:2}" "${@: -1}" "${*:1:1}"; echo "${#a[3]}" "${#a}"; b=([2]=x [5]=y [9]=z); echo "${b[@]:3:1}"',
  'associative arrays':
    'declare -A m; m[one]=1; m["two words"]=2; k=three; m[$k]=3; echo "${m[one]} ${m[two words]} ${m[three]} ${#m[@]}"; for k in "${!m[@]}"; do echo "$k=${m[$k]}"; done | sort; unset "m[one]"; echo ${#m[@]}; declare -A n=([a]=1 [b]=2); echo ${n[a]}${n[b]}; [[ -v n[a] ]] && echo has; [[ -v n[c] ]] || echo not; n[a]+=5; ((n[b]++)); echo ${n[a]} ${n[b]}; echo "${m[nosuch]-none}"',
  'elements and operators':
    'a=(foo.c bar.c); echo "${a[@]%.c}" "${a[@]/o/0}" "${a[@]^}" "${a[0]#f}" "${a[1]:1}" "${a[@]/#/pre-}" "${a[@]/%/.o}"; echo ${a[7]:-none} ${a[0]:+yes}',
  mapfile:
    'printf "a\\nb b\\nc" > f; mapfile -t l < f; echo ${#l[@]} "${l[1]}" "${l[2]}"; mapfile m < f; printf "%s" "${m[@]}"; echo; readarray -t -n 1 x < f; echo ${#x[@]}; mapfile -t -s 1 y < f; echo "${y[0]}"; mapfile -t -d b z < f; echo ${#z[@]}; rm f',
  'read into arrays':
    'read -ra a <<< "one two  three"; echo ${#a[@]} ${a[2]}; IFS=: read -r x y z <<< "1:2:3:4"; echo "$x|$y|$z"; IFS=, read -ra b <<< "a,b,,c"; echo ${#b[@]}; read -n 3 c <<< abcdef; echo $c; read -d : d <<< "up:to"; echo $d; read <<< "  keeps blanks  "; echo "[$REPLY]"; while IFS== read -r k v; do echo "$k->$v"; done <<< $\'a=1\\nb=2=3\'',
  // ---- expansions
  substrings:
    'x=abcdef; echo ${x:2} ${x:1:3} ${x: -2} ${x:(-3):2} ${x:2:-1} "${x:9}" ${x:0:1}; n=2; echo ${x:n} ${x:n+1:n}; set -- one two; echo ${1:1} ${#1}',
  replacement:
    'x="a/b/a"; echo ${x/a/X} ${x//a/X} ${x//\\//.} ${x/#a/S} ${x/%a/E} ${x/nosuch/y} ${x//[ab]} "${x/a}"; y="hello world"; echo ${y//o*r/-} ${y/l*/L} "${y// /_}"; p=o; r=0; echo ${y//$p/$r} ${y//"l"/1}',
  case: 'x="hello World"; echo "${x^}" "${x^^}" "${x,,}" "${x^^[lo]}" "${x,}"; y=ABC; echo ${y,} ${y,,}; declare -u U=up; declare -l L=LOW; echo $U $L; U=again; echo $U',
  'indirection and names':
    'x=y; y=value; echo ${!x} "${!x}" ${!x:-none}; foo1=a; foo2=b; echo ${!foo*} "${!foo@}"; a=(1 2); r="a[1]"; echo ${!r}; set -- first second; n=2; echo ${!n} ${!#}',
  '@ operators':
    'x="it\'s"; echo "${x@Q}"; y=abc; echo ${y@U} ${y@u} ${y@Q}; z=\'a\\tb\'; echo "${z@E}"; a=(p "q r"); echo "${a[@]@Q}"',
  braces:
    'echo {1..5} {5..1} {a..e} {01..03} {1..10..3} {e..a..2}; echo a{b,c,d}e {x,y}{1,2} {,pre}fix {a,{b,c}}; echo {a} {} a{b \'{a,b}\' "{a,b}" \\{a,b}; x=1; echo {$x,2} ${x}{a,b}; echo {-2..2} {a,b}.{c,d}; for i in {1..3}; do printf %s, $i; done; echo',
  "$'": "echo $'a\\tb\\x41\\101\\'q\\\\' \"$'x'\" $'two\nlines'; x=$'\\n'; echo \"[$x]\"; printf %s $'\\e[0m' | od -An -tx1; case $'\\t' in [[:space:]]) echo space;; esac; echo $\"text\"",
  'process substitution':
    'cat <(echo one) <(echo two); diff <(printf "a\\nb\\n") <(printf "a\\nc\\n"); while read -r l; do n=$((n + 1)); done < <(printf "1\\n2\\n3\\n"); echo $n; paste <(seq 3) <(seq 4 6)',
  'here-strings': 'cat <<< "a  b"; x="two words"; cat <<< $x; tr a-z A-Z <<< $x; read a b <<< "1 2"; echo $b$a; wc -l <<< ""',
  'redirections of bash':
    'ls /nosuch &> f; [ -s f ] && echo both; { echo o; echo e >&2; } &> f; cat f; echo more &>> f; cat f; { echo o; echo e >&2; } |& sort; echo x >& f; cat f; rm f; { echo o2; echo e2 >&2; } &> g; echo e3 >&2; f() { echo e4 >&2; }; f &> g; cat g; ls /nosuch >& /dev/null; [ $? -ne 0 ] && echo failed; rm g',
  // ---- commands
  function:
    'function f { echo "f $1"; }; f a; function g() { local x=in; echo $x; }; x=out; g; echo $x; a-b() { echo dash; }; a-b; function h\n{\n  echo h\n}\nh; f2() ((1 == 1)); f2 && echo yes',
  'local variables':
    'x=1; f() { local x; echo "[$x]"; x=2; g; }; g() { echo $x; }; f; echo $x; h() { local -a a=(1 2); local -i n=5+5; echo ${a[1]} $n; declare y=in; declare -g z=global; }; h; echo "[$y][$z]"; k() { local IFS=,; set -- a b; echo "$*"; }; k; echo "${IFS:0:1}" | od -An -tx1',
  declare:
    'declare -i n=2+3; echo $n; n+=4; echo $n; n=n*2; echo $n; declare -r c=const; (c=new) 2>/dev/null; echo $? $c; declare -x E=env; sh -c "echo \\$E"; declare -p n c; declare -a a=(1 "b c"); declare -p a; declare -x; true | declare -p nosuch 2>/dev/null; echo $?'.replace(
      'declare -x; ',
      '',
    ),
  'declare -p':
    "x='a\"b$c'; declare -p x; declare -A m=([k]=v); declare -p m; y=; declare -p y; declare z; declare -i i=3; export e=1; declare -p i e; f() { local l=1; declare -p l; }; f; n=$'a\\nb'; declare -p n",
  'declared texts are not arrays':
    'v="(a \\$(echo no))"; declare "x=$v"; echo "$x"; f() { local "y=$v"; echo "$y"; }; f; export "z=$v"; echo "$z"; declare -a "w=(1 2)"; echo "${w[1]}"; declare u=$v; echo "$u"',
  namerefs:
    'f() { local -n r=$1; r="$r changed"; r2=$r; }; v=value; f v; echo $v; declare -n q=v; echo $q; q=new; echo $v; a=(1 2 3); g() { local -n arr=$1; echo ${#arr[@]} ${arr[1]}; arr+=(4); }; g a; echo ${a[3]}',
  select: 'select x in a b c; do echo "got $x $REPLY"; [ "$x" = c ] && break; done <<< $\'1\\n3\' 2>/dev/null; echo done',
  'case falls through':
    'for x in a b c d; do case $x in a) echo A;& b) echo B;; c) echo C;;& [cd]) echo CD;; *) echo other;; esac; done',
  'extended patterns in case':
    'shopt -s extglob\nf() { case $1 in +([0-9])) echo number;; @(a|b)*) echo ab;; *) echo other;; esac; }\nf 123; f apple; f zoo\nx=0012; echo ${x##+(0)}\ntouch a.c a.h b.o; echo !(*.c); rm a.c a.h b.o',
  pipefail:
    'false | true; echo $? ${PIPESTATUS[@]}; set -o pipefail; false | true; echo $?; (exit 3) | (exit 4) | true; echo $? "${PIPESTATUS[*]}"; true; echo ${PIPESTATUS[@]}; set +o pipefail; false | true; echo $?; ! false; echo $?',
  'limits and signals are listed':
    'ulimit -c 10; ulimit -f 2000; ulimit -n 100; ulimit -s 4096; ulimit -t 1000; ulimit -a | grep -e "-[cfnst])"; ulimit -f; (ulimit -f 1; dd if=/dev/zero of=f bs=1024 count=4 2>/dev/null; echo $(($(wc -c < f))); rm f); kill -l | head -1',
  'set shows variables':
    'x="a b"; y="it\'s"; z=; w=a/b-c_d:e.f,g+h@i%j=k; v="a~b"; u="~a"; t="a#b"; s="#a"; r="a]b"; q="a{b,c}"; p=$\'a\\nb\'; o="a\\$b"; n="a:~b"; m=(1 "2 3"); set | grep "^[m-z]="; declare | grep "^[m-z]="',
  PIPESTATUS:
    'true | false; a=1; echo "${PIPESTATUS[@]}"; true | false; [[ a == b ]]; echo "${PIPESTATUS[@]}"; true | false; ((0)); echo "${PIPESTATUS[@]}"; (exit 3) | true; declare -p PIPESTATUS; (exit 3) | false; set | grep ^PIPESTATUS; f() { return 5; }; f; echo ${PIPESTATUS[@]}; (exit 4); echo ${PIPESTATUS[@]}; unset PIPESTATUS; false | true; echo "[${PIPESTATUS[@]}]" ${#PIPESTATUS[@]}; for i in 1; do (exit 9); done; echo $((PIPESTATUS + 1)) ${PIPESTATUS:-none}; false | true; { x=${PIPESTATUS[0]}; echo $x; }',
  'set -euo pipefail':
    '(set -euo pipefail; echo a; false | true; echo never); echo $?; (set -u; a=(); echo "${a[@]}" ok; echo ${nosuch:-d}; echo $nosuch) 2>/dev/null; echo $?; (set -e; [[ a == b ]]; echo never); echo $?; (set -e; ((0)); echo never); echo $?; (set -e; x=$(false); echo never); echo $?',
  'trap ERR':
    'trap "echo failed \\$?" ERR; false; (exit 3); false || true; if false; then :; fi; ! true; [[ a == b ]]; f() { false; true; }; f; echo end; trap - ERR; false; echo quiet',
  'printf of bash':
    'printf -v x "%03d-%s" 7 abc; echo $x; printf "%q %q\\n" "a b" \'it"s\'; printf "%s\\n" a b; printf "%5.1f|%-5s|%x\\n" 3.14159 ab 255; a=(); printf -v "a[2]" %s z; echo "${a[2]}"; printf "%b\\n" "a\\tb"; printf "%q\\n" "" $\'n\\nl\'',
  'echo of bash':
    "echo -e 'a\\tb\\x41\\0101'; echo 'a\\tb'; echo -n x; echo -ne 'y\\n'; echo -E 'a\\n'; echo -e 'stop\\chere'; echo; echo - -n; echo -x; echo -e -n 'z\\n'; echo -nn a; echo",
  'directory stack':
    'cd /; pushd /tmp > /dev/null; pushd /etc; dirs; dirs -v; popd; popd; pwd; pushd /etc > /dev/null; pushd > /dev/null; pwd; dirs -c; dirs',
  'type and command':
    'f() { :; }; type -t f cd ls if nosuch; type -p ls > /dev/null && echo path; type -t "[["; alias a=b; type -t declare; command -v f; command -v cd; builtin echo built; echo() { builtin echo "mine: $*"; }; echo x; unset -f echo; command echo y',
  'special variables':
    '[[ $BASHPID == $$ ]] && echo same; (  [[ $BASHPID != $$ ]] && echo other ); [[ $RANDOM =~ ^[0-9]+$ ]] && echo random; [[ $SECONDS -lt 60 ]] && echo seconds; f() { echo ${FUNCNAME[0]} ${FUNCNAME[1]}; g; }; g() { echo ${FUNCNAME[@]:0:2}; }; f; echo $LINENO\necho $LINENO; [[ -n $BASH_VERSION && ${BASH_VERSINFO[0]} -ge 4 ]] && echo version; [[ $UID == $(id -u) ]] && echo uid; [[ -n $HOSTNAME && -n $PPID ]] && echo names',
  'readonly gives the line up': 'readonly x=1\nx=2; echo never\necho after $? $x; declare -r y=3; unset y; echo $? $y',
  'assignments before commands':
    'x=1; x=2 eval \'echo $x\'; echo $x; f() { echo $x; }; x=3 f; echo $x; IFS=: read -r a b <<< 1:2; echo $a $b; x=5 :; echo $x; y=6 export y; echo "[$y]"',
  'scripts of bash':
    'cat > s <<\'E\'\n#!/bin/bash\nset -- "$@" last\necho "$# $1 ${@: -1}"\nexit 5\nE\nchmod +x s; ./s a b; echo $?; bash s; bash -c \'echo $0 $1\' name arg; echo \'echo [[ $1 ]]\' | bash -s x; bash -c "[[ a == a ]] && echo yes"; sh -c "echo sh"; rm s',
  'source with arguments':
    'echo \'echo "$# $1"; x=set; return 3\' > s; set -- a b; source ./s one; echo $? $x $#; . ./s; echo $1; rm s',
  time: '{ time true; } 2>&1 | grep -c "^real\\|^user\\|^sys"; { time -p sleep 0; } 2>&1 | head -1 | cut -d" " -f1; time (exit 3) 2>/dev/null; echo $?',
  shopt:
    'shopt -q extglob || echo off; shopt -s extglob; shopt -q extglob && echo on; shopt extglob; shopt -s nullglob; echo /nosuch*; shopt -u nullglob; echo /nosuch*; mkdir d; cd d; touch .hid vis; echo *; shopt -s dotglob; echo *; cd ..; rm -r d; shopt -s nosuchoption 2>/dev/null; echo $?',
  'a script of the kind that is written':
    'set -euo pipefail\ndeclare -A count=()\nwords=(apple banana apple cherry banana apple)\nfor w in "${words[@]}"; do\n  count[$w]=$(( ${count[$w]:-0} + 1 ))\ndone\nfor w in $(printf "%s\\n" "${!count[@]}" | sort); do\n  printf "%-10s %d\\n" "$w" "${count[$w]}"\ndone\nmax=0\nfor w in "${!count[@]}"; do\n  if (( count[$w] > max )); then max=${count[$w]}; best=$w; fi\ndone\necho "best: ${best^^} ($max)"\nusage() { cat <<-EOF\n\tusage: ${0##*/} [-v]\n\tEOF\n}\nusage | sed "s/:.*\\[/: [/"\n[[ ${DEBUG:-} ]] && echo debug || echo quiet',
  'names are joined':
    'join_by() { local IFS="$1"; shift; echo "$*"; }; join_by , a b c; trim() { local s="$1"; s="${s#"${s%%[![:space:]]*}"}"; s="${s%"${s##*[![:space:]]}"}"; printf "%s|\\n" "$s"; }; trim "  x y  "; path=/usr/lib/x.tar.gz; echo "${path##*/}" "${path%/*}" "${path%%.*}" "${path#*.}"; f="${path##*/}"; echo "${f/.tar/}"',
  'unset and test':
    'a=(1 2 3); unset a[1]; echo "${a[@]}"; unset a; echo "${a-unset}"; x=1; [ -v x ] && echo v; [ a == a ] && echo eq; test "$x" == 1 && echo t; f() { :; }; unset -f f; type f > /dev/null 2>&1 || echo gone',
  'exit of bash':
    'f() { return 300; }; f; echo $?; (exit -1); echo $?; nosuchcommand 2>/dev/null; echo $?; shift 5; echo $?; cd /nosuch 2>/dev/null; echo $?; . /nosuch 2>/dev/null; echo $?; exit 7',
  'quotes in patterns and replacements':
    'x="a*b"; echo "${x/\\*/-}" "${x//"*"/+}"; y="a/b"; echo "${y/\\//:}"; z="tab	x"; echo "${z//[[:space:]]/_}"; q="say \\"hi\\""; echo "${q//\\"/}"; e=; echo "${e/x/y}|${e:-d}|${e:0:3}"',
  'nested expansions':
    'a=b; b=c; c=(x y z); echo "${c[${#a}]}" "${c[$((1+1))]}" "${!a}" "${c[@]:$((0)):${#a}}"; s="${a:+${b:+${c[0]}}}"; echo $s; echo "$(echo "${c[*]}")" "`echo ${c[1]}`"; f() { echo "${1:-${2:-none}}"; }; f "" two; f',
  'functions and recursion':
    'fact() { local n=$1; if ((n <= 1)); then echo 1; else echo $((n * $(fact $((n - 1))))); fi; }; fact 6; fib() { (( $1 < 2 )) && { echo $1; return; }; echo $(( $(fib $(($1 - 1))) + $(fib $(($1 - 2))) )); }; fib 7; function outer { inner() { echo inner; }; inner; }; outer; inner',
  'loops over files and lines':
    'mkdir d; touch d/{a,b,c}.txt; for f in d/*.txt; do n=${f##*/}; echo "${n%.txt}"; done; printf "%s\\n" d/{a,b}.txt | while IFS= read -r l; do echo "[$l]"; done; while read -r n w; do echo "$w$n"; done < <(printf "1 x\\n2 y\\n"); i=0; until ((i == 2)); do ((++i)); done; echo $i; rm -r d',
  'options of getopts in bash':
    'f() { local OPTIND=1 o; while getopts ":ab:" o; do case $o in a) echo a;; b) echo "b=$OPTARG";; :) echo "missing $OPTARG";; \\?) echo "bad $OPTARG";; esac; done; shift $((OPTIND - 1)); echo "rest $*"; }; f -a -b v x y; f -b; f -z q',
  'here-documents in bash':
    'x=v; cat <<E | tr a-z A-Z\nline $x ${x^} $((1 + 1))\nE\ncat <<"E"\n$x\nE\nf() { cat <<-E\n\ttabbed\n\tE\n}; f; a=$(cat <<E\nin $(echo sub)\nE\n); echo "$a"',
  'tests of test':
    '[ 1 -eq 1 -a 2 -gt 1 ] && echo and; [ ! -d /nosuch ] && echo no; [[ ! ( 1 -eq 2 ) ]] && echo group; [ "a" \\< "b" ] && echo less; test -z "" && echo z; [[ -z "" && ! -n "" ]] && echo both; if [[ $1 ]]; then echo one; elif [[ -z $1 ]]; then echo none; fi',
  'subshells and groups':
    'x=1; (x=2; echo $x); echo $x; { x=3; echo $x; }; echo $x; (exit 4) || echo $?; y=$(x=5; echo $x); echo $y $x; ( (echo nested) ); ((1)) && (echo sub); { echo a; echo b; } | { read l; echo "first $l"; }; (cd /; pwd); [[ $PWD != / ]] && echo back',
  'arrays are passed on':
    'f() { local a=("$@"); echo ${#a[@]} "${a[@]/%/!}"; }; x=("1 2" 3); f "${x[@]}"; y=("${x[@]}" more); echo ${#y[@]}; z=(${x[*]}); echo ${#z[@]}; printf "<%s>" "${y[@]}"; echo; s="a,b,c"; IFS=, read -ra p <<< "$s"; echo "${p[1]}"; o=$IFS; IFS=,; q=($s); IFS=$o; echo ${#q[@]}; r=( "${y[@]:1}" ); echo "${r[0]}"; stack=(); stack+=(a); stack+=(b); unset "stack[-1]"; echo "${stack[@]}"',
  'signals in bash':
    'trap "echo term" TERM; kill -TERM $$; trap - TERM; trap "echo bye" EXIT; trap -p EXIT; (trap "echo sub" EXIT; :); f() { trap "echo ret" EXIT; }; f',
  'wait for jobs':
    'for i in 1 2 3; do (exit $i) & p[$i]=$!; done; for i in 1 2 3; do wait ${p[$i]}; echo $?; done; sleep 0 & wait; echo $?; (exit 7) & wait $!; echo $?',
  'eval and quoting':
    'c="echo \\"a  b\\""; eval $c; eval "$c"; v=name; eval "$v=val"; echo $name; printf -v q %q "x y\\$z"; eval "echo $q"; a=(echo "p  q"); "${a[@]}"; cmd=(printf "%s-" 1 2); "${cmd[@]}"; echo',
  'comments, continuation, separators':
    'echo a # b\necho c\\\nd; echo e; # f\n\n{ echo g; } ; if true; then echo h; fi; echo i#j "#k"; : ; echo l && \\\n echo m ||\n echo n',
  'numbers in other bases and widths':
    'printf "%d %d %d\\n" 0x1f 010 "\'A"; printf "%05d|%-5d|%+d\\n" 42 42 42; printf "%08.3f\\n" 3.14159; printf "%s %s\\n" a b c; printf "%c%c\\n" xy z; printf "%%\\n"; echo $((0x1F)) $((010)); printf "%5s|%-5s|%.2s\\n" ab ab abcd; printf "%*d\\n" 5 42',
  'sorting with arrays':
    'a=(5 3 9 1); for ((i = 0; i < ${#a[@]}; i++)); do for ((j = i + 1; j < ${#a[@]}; j++)); do if ((a[i] > a[j])); then t=${a[i]}; a[i]=${a[j]}; a[j]=$t; fi; done; done; echo "${a[@]}"; sum=0; for n in "${a[@]}"; do ((sum += n)); done; echo $sum; IFS=$\'\\n\' s=($(sort -rn <<< "${a[*]}")); echo "${s[@]}"',
  strings:
    's="The quick brown fox"; echo ${#s}; w=($s); echo ${#w[@]} ${w[-1]}; r=; for ((i = ${#s} - 1; i >= 0; i--)); do r+=${s:i:1}; done; echo "$r"; [[ $s == *quick* ]] && echo has; [[ $s =~ (q[a-z]+) ]] && echo ${BASH_REMATCH[1]}; echo "${s%% *}" "${s##* }"; printf "%s\\n" "${s// /$\'\\n\'}"; echo "${s:4:5}" "${s^^}"; v=${s//[aeiou]}; echo $v',
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: until here
