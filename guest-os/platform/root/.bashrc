# Read by root's interactive shells.
alias ll='ls -lF'
svclog() { less "$(svcs -L "$1")"; }
