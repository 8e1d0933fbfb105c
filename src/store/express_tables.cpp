#include "store/express_tables.h"

namespace yizhan::store {

Result<std::vector<SchemaFinding>> ExpressTables::check_express_schema() {
  return fail("sql_error", "not built yet");
}

}  // namespace yizhan::store
