/**
 * What makes each shell ask the command itself: so the scripts never know another command than the one that is
 * installed. The first line of an answer says what comes after it: `words`, or that the shell's own files or directories
 * are meant. Bash inserts what it is given as it is, so the command quotes it; zsh and fish quote it themselves.
 */
export const scripts: Readonly<Record<string, string>> = {
  bash: `_corral() {
  local -a found
  mapfile -t found < <(corral completion words bash -- "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  COMPREPLY=("\${found[@]:1}")
  case "\${found[0]}" in
    file) compopt -o default ;;
    directory) compopt -o dirnames ;;
    *) compopt -o nospace ;;
  esac
}
complete -F _corral corral
`,
  zsh: `#compdef corral
_corral() {
  local -a found
  found=("\${(@f)$(corral completion words zsh -- "\${(@Q)words[2,CURRENT-1]}" "$QIPREFIX$PREFIX" 2>/dev/null)}")
  local kind=$found[1]
  shift found
  (( $#found )) && compadd -S '' -a found
  [[ $PREFIX == --*=* && $kind != words ]] && compset -P '*='
  case $kind in
    file) _files ;;
    directory) _files -/ ;;
  esac
}
compdef _corral corral
`,
  fish: `function __corral_complete
  set -l found (corral completion words fish -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  set -q found[2]; and printf '%s\\n' $found[2..]
  switch "$found[1]"
    case file
      complete -C "'' "(commandline -ct)
    case directory
      __fish_complete_directories (commandline -ct)
  end
end
complete -c corral -f -a '(__corral_complete)'
`,
};
