# SPDX-License-Identifier: MIT
# freshtoken's completion for fish. Commands, options and operands are those that --help shows when
# they are needed, so that no list has to be kept here but one of words for a few of their values.
# The freshtoken of PATH is asked, never the ./freshtoken that is typed: at TAB nothing is run yet.

# The commands, each with what it is for.
function __freshtoken_commands
    freshtoken --help 2>/dev/null | awk '/^  freshtoken [a-z]/ { name = $2 }
        /^          / && name { sub(/^ */, ""); print name "\t" $0; name = "" }'
end

# What an operand or an option's value may be, by the name that the usage has for it.
function __freshtoken_value -a command name word
    switch $command:$name
        case add:ACCOUNT
        case '*:FILE'
            __fish_complete_path $word
        case '*:USER'
            __fish_complete_users
        case '*:COMMAND'
            __freshtoken_commands
        case '*:ACCOUNT'
            freshtoken list 2>/dev/null | cut -f 1
        case add:SOURCE
            printf '%s\n' env: exec: file: github-actions
            freshtoken list 2>/dev/null | cut -f 1
        case add:NAME provider:NAME
            freshtoken provider list 2>/dev/null | cut -f 1,2
        case setup:PROGRAM
            printf '%s\n' bazel cargo docker git go keyring kubectl kubelet mcp pam pnpm terraform
        case git:ACTION
            printf '%s\n' capability erase get store
        case docker:ACTION
            printf '%s\n' erase get list store version
        case keyring:ACTION
            printf '%s\n' del get set
        case terraform:ACTION
            printf '%s\n' forget get store
        case token:FORMAT
            printf '%s\n' bearer header id json plain
        case keyring:MODE
            printf '%s\n' creds password
        case keyring:FORM
            printf '%s\n' json plain
        case '*'
            string match -qr '^[a-z]' -- $name; and echo $name
    end
end

function __freshtoken_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l command $before[2]
    if test (count $before) -eq 1
        __freshtoken_commands
        string match -q -- '-*' $word; and printf '%s\n' --help --version
        return
    end
    set -l help (freshtoken $command --help 2>/dev/null)
    # "--name VALUE"
    set -l names (printf '%s\n' $help | sed -nE 's/^  (--[a-z-]+ [A-Z=]+) .*/\1/p')
    set -l name (string match -r -- '^(--[a-z-]+)=' $word)[2]
    set -l prefix ''
    test -n "$name"; and set prefix "$name="; or set name $before[-1]
    for i in $names
        if test (string split -f 1 ' ' -- $i) = "$name"
            for value in (__freshtoken_value $command (string split -f 2 ' ' -- $i) (string replace -- $prefix '' $word))
                echo $prefix$value
            end
            return
        end
    end
    set -l typed
    set -l i 3
    while test $i -le (count $before)
        if test "$before[$i]" = -- -a $command = exec
            complete -C (string join ' ' -- (string escape -- $before[(math $i + 1)..]) '')$word
            return
        else if not string match -q -- '-*' $before[$i]
            set -a typed $before[$i]
        else if string match -q -- "$before[$i] *" $names
            set i (math $i + 1)
        end
        set i (math $i + 1)
    end
    if string match -q -- '-*' $word
        printf '%s\n' $help | sed -nE 's/^  (--[a-z-]+)( [A-Z=]+)? +([^ ].*)/\1\t\3/p'
        return
    end
    set -l usage (string replace -r '^usage: freshtoken [a-z]+ ?' '' -- $help[1] |
        string replace -r '(\[--|-- ).*' '')
    for way in (string split '|' -- $usage)
        set -l operands (string split -n ' ' -- $way)
        set -l fits yes
        for n in (seq (count $typed))
            string match -qr '^[a-z]' -- $operands[$n]; and test $operands[$n] != $typed[$n]
            and set fits no
        end
        set -l n (math (count $typed) + 1)
        test $fits = yes -a $n -le (count $operands)
        and __freshtoken_value $command (string replace -ra '[][]' '' -- $operands[$n]) $word
    end
end

complete -c freshtoken -f -a '(__freshtoken_complete)'
