"""What the words of imports and the fields of their tables are called."""

from booking.catalogue import labels
from booking.core.texts import N_
from models.vocabulary.imports import ImportState, RowFate

STATES = {
    ImportState.READING: N_("正在读取"),
    ImportState.MAPPING: N_("等待确认各列"),
    ImportState.COMPARING: N_("正在试运行"),
    ImportState.COMPARED: N_("等待应用"),
    ImportState.APPLYING: N_("正在写入"),
    ImportState.APPLIED: N_("已应用"),
    ImportState.UNDOING: N_("正在撤销"),
    ImportState.UNDONE: N_("已撤销"),
    ImportState.FAILED: N_("未能完成"),
}
FATES = {
    RowFate.CREATED: N_("新建"),
    RowFate.UPDATED: N_("更新"),
    RowFate.UNCHANGED: N_("无变化"),
    RowFate.REFUSED: N_("已拒绝"),
}
FIELDS = {
    **labels.FIELDS,
    "institution": N_("单位名称"),
    "source": labels.FIELDS["acquisition"],
    "belongs_to_kind": labels.FIELDS["belongs_to"],
    "opens": labels.FIELDS["opening_hours"],
    "lanes": labels.FIELDS["capacity"],
    "original_value_fen": labels.FIELDS["original_value_wan"],
    "modes": N_("上机方式"),
    "is_sample": N_("示例"),
    "provenance": N_("来源说明"),
    "standard": N_("标准"),
    "range_zh": N_("范围"),
    "range_en": N_("范围（英文）"),
    "price_zh": N_("价格"),
    "price_en": N_("价格（英文）"),
    "turnaround_days": N_("出报告天数"),
    "report_mark": N_("报告标识"),
}
"""Fields of tables and of records by their names here."""
