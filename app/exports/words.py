"""How a score table is said in official Vietnamese (and in English), one wording for each concept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Pair = tuple[str, str]

SERIES: Mapping[str, Pair] = {
    "official": ("Số liệu chính thức", "Official figures"),
    "monitoring": ("Số liệu theo dõi", "Monitoring figures"),
}
BASES: Mapping[str, Pair] = {
    "sample": ("mẫu được chọn", "drawn sample"),
    "dossiers": ("mọi hồ sơ đã trả kết quả", "every closed dossier"),
    "household": ("hộ gia đình được chọn", "drawn households"),
    "open": ("mã QR dùng chung (mẫu tự nguyện)", "shared QR code (voluntary sample)"),
}
LEVELS: Mapping[str, Pair] = {
    "nation": ("Cả nước", "Nation"),
    "province": ("Tỉnh, thành phố", "Province"),
    "district": ("Huyện, quận", "District"),
    "commune": ("Xã, phường, đặc khu", "Commune"),
    "department": ("Sở, ban, ngành", "Department"),
    "centre": ("Trung tâm, Bộ phận Một cửa", "One-stop centre"),
    "counter": ("Quầy", "Counter"),
    "other": ("Đơn vị khác", "Other unit"),
}
VERDICTS: Mapping[str, Pair] = {
    "met": ("Đạt mục tiêu", "Target met"),
    "not_met": ("Chưa đạt mục tiêu", "Target not met"),
    "not_enough_evidence": ("Chưa đủ căn cứ kết luận", "Not enough evidence"),
}
FLAGS: Mapping[str, Pair] = {
    # {minimum_n} is the index's
    "no_answers": ("chưa có phiếu trả lời", "no answers"),
    "zero_weight": ("mọi phiếu có quyền số bằng 0", "every answer has a weight of 0"),
    "small_n": ("không tính riêng (dưới {minimum_n} phiếu)", "no figure of its own (fewer than {minimum_n} answers)"),
    "few_psus": ("dưới 8 đơn vị mẫu cấp một", "fewer than 8 primary sampling units"),
    "degenerate": (
        "các phiếu không khác nhau nên chưa thấy được sai số",
        "the answers do not differ, so that no error shows",
    ),
    "single_psu_stratum": (
        "có tầng chỉ gồm một đơn vị mẫu, tính là không góp phương sai",
        "a stratum has a single primary sampling unit and contributes no variance",
    ),
    "pooled_deff": (
        "khoảng tin cậy dùng hệ số thiết kế của nhóm đơn vị cùng loại hoặc của toàn đợt",
        "the interval uses the design effect of units of this kind, or of the whole wave",
    ),
    "pooled_df": (
        "bậc tự do lấy của nhóm đơn vị cùng loại hoặc của toàn đợt",
        "degrees of freedom of units of this kind, or of the whole wave",
    ),
    "unknown_deff": (
        "chưa ước lượng được hệ số thiết kế, tính bằng 1",
        "the design effect could not be estimated and counts as 1",
    ),
    "incomplete_criteria": ("có tiêu chí chưa có phiếu trả lời", "a criterion has no answers"),
    "population_weighted": (
        "quyền số theo số hồ sơ đã trả kết quả của đơn vị",
        "weighted by the unit's number of closed dossiers",
    ),
    "population_missing": (
        "thiếu số hồ sơ của đơn vị, tạm dùng quyền số bình quân",
        "the unit's number of dossiers is missing; the mean weight stands in",
    ),
    "fpc_ignored": (
        "số đơn vị trong tầng mâu thuẫn với mẫu nên không dùng",
        "the stratum's population count contradicts the sample and is not used",
    ),
    "voluntary_sample": ("mẫu tự nguyện", "voluntary sample"),
    "conditional_interval": (
        "khoảng tin cậy chỉ đúng nếu người tự nguyện trả lời giống người không trả lời",
        "the interval holds only if volunteers are like those who did not answer",
    ),
    "low_response": ("tỷ lệ thẻ mời được trả lời thấp hơn mức tối thiểu", "fewer slips came back than the minimum"),
    "simulated": ("số liệu mô phỏng", "simulated data"),
}
AGGREGATIONS: Mapping[str, Pair] = {
    "pooled_answers": (
        "gộp mọi ý kiến hợp lệ: số ý kiến hài lòng chia cho số ý kiến hợp lệ, đã gia quyền",
        "all valid answers together: satisfied answers over valid answers, weighted",
    ),
    "mean_of_criteria": ("trung bình cộng các tiêu chí", "mean of the criteria"),
    "mean_of_factors": ("trung bình cộng các yếu tố", "mean of the factors"),
    "given_weights": ("trung bình theo trọng số đã cho", "mean with given weights"),
}


def said(words: Mapping[str, Pair], key: str, language: str = "vi") -> str:
    """The wording of a code; an unknown code is shown as itself rather than hidden."""
    pair = words.get(key)
    return key if pair is None else pair[1 if language == "en" else 0]


def flags_said(flags: Sequence[str], minimum_n: int, language: str = "vi") -> str:
    return said_all(FLAGS, flags, language).replace("{minimum_n}", str(minimum_n))


def said_all(words: Mapping[str, Pair], keys: Sequence[str], language: str = "vi") -> str:
    return "; ".join(said(words, key, language) for key in keys)
