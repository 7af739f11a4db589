# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119,SC2120
#
# tmux.sh - what a person sees and types at a terminal; sourced after tap.sh
#
#	terminal "freshtoken login work"
#	eventually 20 shows "Refresh token"	the screen is in screen.txt
#	typed secret Enter			keys as tmux names them
#	eventually 20 shows "[ended: 0]"

# Our own server, so that the user's configuration and sessions do not interfere.
tmux_here() {
	tmux -u -S "$T/tmux" -f /dev/null "$@"
}
tmux_end() {
	tmux_here kill-server 2>/dev/null || :
}
at_exit tmux_end
need tmux
# As long as this one is there the server is; one that ends with its last session would be in the
# way of the next.
tmux_here new-session -d -s keep 'exec sleep 900'

# terminal COMMAND [ROWS] - runs it in a new terminal of 80 columns
# and 60 rows, without the display.
# The shell outlives a Ctrl-C, to tell how the command ended.
terminal() {
	tmux_here kill-session -t t 2>/dev/null || :
	tmux_here new-session -d -s t -x 80 -y "${2-60}" \
		"trap : INT; unset DISPLAY WAYLAND_DISPLAY BROWSER; $1; echo \"[ended: \$?]\"; exec sleep 60"
}

# screen [-e] - what is on it, with -e the colours too
screen() {
	tmux_here capture-pane -p "$@" -t t
}

shows() {
	screen >screen.txt
	grep -qF -e "$1" screen.txt
}

typed() {
	tmux_here send-keys -t t -- "$@"
}
