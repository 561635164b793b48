/* rehome: gives server roles a new home. */
#include "command/command.h"

int main(int argc, char **argv) {
  return rh_command_main(argc, argv);
}
