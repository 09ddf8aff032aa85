/**
 * The few lines that teach a shell to ask `quorate __complete`. They call the program by the word that is
 * being completed, so a clone's `./quorate` completes as well as one on the PATH.
 */
export type CompletedShell = 'bash' | 'zsh' | 'fish';

export function renderCompletionScript(shell: CompletedShell): string {
  return scripts[shell];
}

const bash = `# bash completion for quorate: source <(quorate completion bash)
_quorate() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}") ;;
      :directories) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "\${COMP_WORDS[COMP_CWORD]}") ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _quorate quorate ./quorate
`;

const zsh = `#compdef quorate
# zsh completion for quorate: source <(quorate completion zsh), after compinit
_quorate() {
  local line word
  local -a described
  for line in "\${(@f)$("\${(Q)words[1]/#\\~/$HOME}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files ;;
      :directories) _files -/ ;;
      *) word=\${line%%$'\\t'*}
         if [[ $line == *$'\\t'* ]]; then described+=("\${word//:/\\\\:}:\${line#*$'\\t'}"); else described+=("\${word//:/\\\\:}"); fi ;;
    esac
  done
  (( \${#described} )) && _describe -V quorate described
}
compdef _quorate quorate ./quorate
`;

const fish = `# fish completion for quorate: quorate completion fish | source
function __quorate_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :directories
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c quorate -f -a '(__quorate_complete)'
`;

const scripts: Readonly<Record<CompletedShell, string>> = { bash, zsh, fish };
