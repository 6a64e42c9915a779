# Read by root's login shell.
PATH=/usr/bin:/usr/sbin
PS1='[\u@\h \w]\$ '
export PATH PS1
[ -r ~/.bashrc ] && . ~/.bashrc
