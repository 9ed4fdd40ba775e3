# shellcheck shell=bash
# Sourced before the commands of docs/deployment.md.

# An emulated AWS answers every service but Amazon MWAA; of that one the command line checks the arguments and asks nobody.
aws() {
    local skeleton=()
    if [ "$1" = mwaa ]; then skeleton=(--generate-cli-skeleton output); fi
    "$GUIDE_AWS" "$@" "${skeleton[@]}" || return
    echo "${skeleton[*]:+arguments checked, not run:} aws $1 $2" >>"$GUIDE_LOG"
}

make() {
    "$GUIDE_PYTHON" -m tests.infra.guide_deployment "$@" || return
    echo " make $*" >>"$GUIDE_LOG"
}
